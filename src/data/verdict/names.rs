//! Names by which people call columns: what is learnt, what counts rows, what names groups, times and inputs.

/// Names of what is learnt, whatever else there is; the likeliest first.
pub(super) const STRONG: [&str; 22] = [
    "target",
    "targets",
    "label",
    "labels",
    "survived",
    "diagnosis",
    "outcome",
    "churn",
    "churned",
    "exited",
    "class",
    "classes",
    "species",
    "category",
    "classification",
    "is_fraud",
    "fraud",
    "default",
    "median_house_value",
    "saleprice",
    "medv",
    "y",
];

/// Of these, the words that say so as part of a longer name.
pub(super) const PARTS_OF_NAMES: [&str; 8] = [
    "target",
    "label",
    "class",
    "churn",
    "outcome",
    "diagnosis",
    "species",
    "default",
];

/// Names of columns of classes, whatever their first numbers look like.
pub(super) const OF_CLASSES: [&str; 4] = ["label", "labels", "class", "classes"];

/// Names of what is often learnt, unless another column is a better candidate.
pub(super) const WEAK: [&str; 46] = [
    "kind",
    "variety",
    "type",
    "cluster",
    "activity",
    "quality",
    "answer",
    "response",
    "result",
    "status",
    "admit",
    "admitted",
    "success",
    "won",
    "win",
    "died",
    "dead",
    "death",
    "event",
    "grade",
    "score",
    "risk",
    "spam",
    "approved",
    "ill",
    "sick",
    "disease",
    "cancer",
    "income",
    "attrition",
    "purchased",
    "subscribed",
    "decision",
    "group",
    "choice",
    "price",
    "mpg",
    "charges",
    "salary",
    "cnt",
    "tip",
    "value",
    "cost",
    "wage",
    "rings",
    "yield",
];

/// Of these, the first that is a measure rather than a class.
pub(super) const FIRST_MEASURE: usize = 35;

/// Names of what is learnt as often as it is a factor of a design that explains a measure.
pub(super) const OF_FACTORS: [&str; 5] = ["type", "group", "kind", "status", "variety"];

/// Names of what is learnt where there are several, with a number behind each.
pub(super) const OF_TARGETS: [&str; 5] = ["y", "target", "label", "output", "response"];

/// Names of row numbers and of other names of rows.
pub(super) const OF_ROWS: [&str; 19] = [
    "",
    "id",
    "ids",
    "index",
    "idx",
    "no",
    "nr",
    "num",
    "number",
    "row",
    "rows",
    "rowid",
    "rowname",
    "rownames",
    "row_names",
    "unnamed_0",
    "obs",
    "uuid",
    "serial",
];

/// Names of those who have several rows.
pub(super) const OF_GROUPS: [&str; 12] = [
    "subject",
    "subjects",
    "patient",
    "animal",
    "person",
    "participant",
    "user",
    "customer",
    "client",
    "child",
    "rat",
    "student",
];

/// What follows such a name where it is a number.
pub(super) const OF_NUMBERS: [&str; 6] = ["id", "no", "nr", "num", "number", "code"];

/// Names of time, which counts and is no row number.
pub(super) const OF_TIME: [&str; 14] = [
    "year", "years", "time", "t", "date", "day", "days", "week", "month", "hour", "step", "age",
    "period", "quarter",
];

/// Names of what is rarely learnt.
pub(super) const OF_INPUTS: [&str; 18] = [
    "x",
    "z",
    "age",
    "sex",
    "gender",
    "year",
    "month",
    "day",
    "date",
    "time",
    "lat",
    "lon",
    "latitude",
    "longitude",
    "height",
    "width",
    "weight",
    "week",
];

//! The header of an NPY array: a Python dictionary of a type, an order and a shape. Exactly that is read, in one pass and without
//! recursion, so that no header takes long.

use super::error::one_line;

const EXPECTED: &str = "expected a dictionary with descr, fortran_order and shape";

/// The most dimensions that are read; NumPy has 64.
const MOST_DIMENSIONS: usize = 64;

/// What a header says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Said {
    /// The type of an element in NumPy's words.
    pub(super) dtype: String,
    /// The first index runs fastest.
    pub(super) fortran: bool,
    /// The dimensions.
    pub(super) shape: Vec<usize>,
}

/// Reads a header.
///
/// # Errors
/// What is wrong, and what was expected.
pub(super) fn read(text: &[u8]) -> Result<Said, String> {
    let text = std::str::from_utf8(text).map_err(|_| format!("header is no text; {EXPECTED}"))?;
    let mut rest = Rest(text);
    let (mut dtype, mut fortran, mut shape) = (None, None, None);
    rest.sign('{')?;
    while !rest.takes('}') {
        let key = rest.string().ok_or_else(unreadable)?.to_owned();
        rest.sign(':')?;
        let twice = match &*key {
            "descr" => dtype.replace(rest.dtype()?).is_some(),
            "fortran_order" => fortran.replace(rest.boolean()?).is_some(),
            "shape" => shape.replace(rest.shape()?).is_some(),
            _ => {
                return Err(format!(
                    "header has the key {}; {EXPECTED}",
                    one_line(key.get(..40).unwrap_or(&key))
                ));
            }
        };
        if twice {
            return Err(format!("header has two of {key}; {EXPECTED}"));
        }
        if !rest.takes(',') {
            rest.sign('}')?;
            break;
        }
    }
    if !rest.0.trim().is_empty() {
        return Err(unreadable());
    }
    let lacks = |key: &str| format!("header has no {key}; {EXPECTED}");
    Ok(Said {
        dtype: dtype.ok_or_else(|| lacks("descr"))?,
        fortran: fortran.ok_or_else(|| lacks("fortran_order"))?,
        shape: shape.ok_or_else(|| lacks("shape"))?,
    })
}

fn unreadable() -> String {
    format!("header cannot be read; {EXPECTED}")
}

/// What has not been read yet.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    /// Takes a sign, behind white space, if it comes next.
    fn takes(&mut self, sign: char) -> bool {
        let rest = self.0.trim_start().strip_prefix(sign);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn sign(&mut self, sign: char) -> Result<(), String> {
        self.takes(sign).then_some(()).ok_or_else(unreadable)
    }

    /// A string in either kind of quotes, without escapes. Python 2 wrote a letter before some.
    fn string(&mut self) -> Option<&'a str> {
        let text = self.0.trim_start();
        let text = text.strip_prefix(['u', 'b']).unwrap_or(text);
        let quote = text.chars().next().filter(|c| ['\'', '"'].contains(c))?;
        let (string, rest) = text[1..].split_once(quote)?;
        self.0 = rest;
        (!string.contains(['\\', '\n'])).then_some(string)
    }

    fn dtype(&mut self) -> Result<String, String> {
        if self.0.trim_start().starts_with('[') {
            return Err(
                "structured dtype is not supported; expected one number per element".into(),
            );
        }
        let text = self.string();
        text.map(one_line)
            .ok_or_else(|| format!("descr is no type; {EXPECTED}"))
    }

    fn boolean(&mut self) -> Result<bool, String> {
        let text = self.0.trim_start();
        for (word, value) in [("True", true), ("False", false)] {
            if let Some(rest) = text.strip_prefix(word) {
                self.0 = rest;
                return Ok(value);
            }
        }
        Err("fortran_order is neither True nor False".into())
    }

    /// A tuple of whole numbers; of one, with its comma.
    fn shape(&mut self) -> Result<Vec<usize>, String> {
        const TUPLE: &str = "shape is no tuple; expected one like (100, 28, 28)";
        if !self.takes('(') {
            return Err(TUPLE.into());
        }
        let mut shape = Vec::new();
        loop {
            if self.takes(')') {
                return Ok(shape);
            }
            let text = self.0.trim_start();
            let end = text.find([',', ')']).ok_or_else(unreadable)?;
            let word = text[..end].trim();
            // Python 2 wrote an L behind long ones.
            let digits = word.strip_suffix('L').unwrap_or(word);
            let whole = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            let size = digits.parse().ok().filter(|_| whole);
            shape.push(size.ok_or_else(|| {
                let word = one_line(word.get(..40).unwrap_or(word));
                format!("shape has the dimension {word}; expected a whole number")
            })?);
            if shape.len() > MOST_DIMENSIONS {
                return Err(format!(
                    "shape has more than {MOST_DIMENSIONS} dimensions; expected fewer"
                ));
            }
            self.0 = &text[end..];
            if self.takes(',') {
                continue;
            }
            if shape.len() == 1 {
                return Err(TUPLE.into());
            }
            self.sign(')')?;
            return Ok(shape);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(dtype: &str, fortran: bool, shape: &[usize]) -> Result<Said, String> {
        let (dtype, shape) = (dtype.to_owned(), shape.to_vec());
        Ok(Said {
            dtype,
            fortran,
            shape,
        })
    }

    #[test]
    fn what_numpy_writes_is_read() {
        for (text, expected) in [
            (
                "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }   \n",
                said("<f8", false, &[3, 4]),
            ),
            (
                "{'shape': (), 'descr': '|u1', 'fortran_order': True}",
                said("|u1", true, &[]),
            ),
            (
                "{ \"descr\":\"<i8\",\n\"shape\":(10L,),'fortran_order':False , } ",
                said("<i8", false, &[10]),
            ),
            (
                "{u'descr': b'>f4', u'fortran_order': False, u'shape': (1, 2, 3,)}",
                said(">f4", false, &[1, 2, 3]),
            ),
        ] {
            assert_eq!(read(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn all_else_is_refused_with_a_word_about_it() {
        let whole =
            |shape: &str| format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}}}");
        for (text, words) in [
            (whole("(3)"), "no tuple"),
            (whole("[3]"), "no tuple"),
            (whole("3"), "no tuple"),
            (whole("(3.0,)"), "dimension 3.0"),
            (whole("(-1,)"), "dimension -1"),
            (whole("(+1,)"), "dimension +1"),
            (whole("(,)"), "dimension ;"),
            (whole("(3 4,)"), "dimension 3 4"),
            (whole("((3,),)"), "dimension (3"),
            (whole("(99999999999999999999,)"), "whole number"),
            (whole("(1, 2"), "cannot be read"),
            (
                whole(&format!("({})", "1,".repeat(70))),
                "more than 64 dimensions",
            ),
            (whole("(1,)") + "x", "cannot be read"),
            (whole("(1,), 'shape': (2,)"), "two of shape"),
            (whole("(1,), 'more': 1"), "the key more"),
            ("{'descr': '<f\\x38'}".into(), "no type"),
            ("{'descr': [('a', '<f4')]}".into(), "structured"),
            ("{'descr': 3}".into(), "no type"),
            (
                "{'descr': '<f8' 'fortran_order': True}".into(),
                "cannot be read",
            ),
            ("{'fortran_order': 1}".into(), "neither True nor False"),
            ("{'fortran_order': False}".into(), "no descr"),
            ("{".repeat(60_000), "cannot be read"),
            (String::new(), "cannot be read"),
            ("{".into(), "cannot be read"),
            ("{'".into(), "cannot be read"),
        ] {
            let line = read(text.as_bytes()).unwrap_err();
            assert!(
                line.contains(words) && !line.contains('\n'),
                "{text:.60}: {line}"
            );
        }
        assert!(read(&[0xff]).unwrap_err().contains("no text"));
    }
}

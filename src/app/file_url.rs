//! Paths as other programs hand them over: `file:///home/me/data.csv`, also with the name of this machine before the path.

use std::borrow::Cow;

/// The path that a text names: itself, or that of a `file:` URL (RFC 8089) of this machine.
///
/// # Errors
/// One line: a URL of another machine or kind, or one that is no text.
pub fn plain(text: &str) -> Result<Cow<'_, str>, String> {
    let Some((scheme, rest)) = text.split_once("://") else {
        return Ok(Cow::Borrowed(text));
    };
    // A path can hold these signs too.
    let kind = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    if scheme.is_empty() || !scheme.chars().all(kind) || std::path::Path::new(text).exists() {
        return Ok(Cow::Borrowed(text));
    }
    if !scheme.eq_ignore_ascii_case("file") {
        return Err(format!(
            "{text}: expected a path or file:// (nothing is opened over a network)"
        ));
    }
    let (host, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let here = host.is_empty() || host.eq_ignore_ascii_case("localhost") || this_machine(host);
    if !here {
        return Err(format!(
            "{text}: it is on \"{host}\"; expected a file of this machine (file:///… or file://localhost/…)"
        ));
    }
    let bytes = percent_encoding::percent_decode_str(path);
    let path = bytes.decode_utf8();
    let path = path.map_err(|_| format!("{text}: the name is not UTF-8; expected one that is"))?;
    Ok(Cow::Owned(path.into_owned()))
}

/// True if a host is this machine, by its own name.
fn this_machine(host: &str) -> bool {
    let own = std::fs::read_to_string("/etc/hostname");
    own.is_ok_and(|name| name.trim().eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_this_machine_are_paths_and_others_are_refused() {
        let path = |text| plain(text).map(Cow::into_owned);
        for same in [
            "data.csv",
            "/a b/c.csv",
            "C:\\x.csv",
            "odd name://",
            "moons",
        ] {
            assert_eq!(path(same), Ok(same.to_owned()));
        }
        for url in [
            "file:///home/me/a%20b.csv",
            "file://localhost/home/me/a%20b.csv",
            "FILE://LOCALHOST/home/me/a b.csv",
        ] {
            assert_eq!(path(url), Ok("/home/me/a b.csv".to_owned()), "{url}");
        }
        assert_eq!(
            path("file:///M%C3%BCller.csv"),
            Ok("/Müller.csv".to_owned())
        );
        for (bad, why) in [
            ("file://elsewhere/x.csv", "on \"elsewhere\""),
            (
                "https://example.org/x.csv",
                "nothing is opened over a network",
            ),
            ("file:///%FF.csv", "not UTF-8"),
        ] {
            let error = path(bad).unwrap_err();
            assert!(error.starts_with(bad) && error.contains(why), "{error}");
        }
    }
}

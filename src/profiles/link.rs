//! The link to the file of an export: read as an address, since a text that begins well may lead anywhere.

use reqwest::Url;

/// The address that a link leads to. It is a key, so it goes over https to a host that has a name; a tenant on this
/// machine, at `loopback`, has its files there itself.
pub(crate) fn address_of(link: &str, loopback: Option<&Url>) -> Result<Url, &'static str> {
    if !has_plain_host(link) {
        return Err("the host of the file's address is not plain ASCII");
    }
    let whole = Url::parse(link).ok().filter(Url::has_host);
    let path = link.split(['?', '#']).next().unwrap_or_default();
    let address = match whole {
        Some(url) => url,
        // Auth0 has been seen to leave the scheme out.
        None if !path.contains("://") => Url::parse(&format!("https://{link}"))
            .map_err(|_| "the address of the file cannot be read")?,
        None => return Err("the address of the file cannot be read"),
    };
    if !address.username().is_empty() || address.password().is_some() {
        return Err("the address of the file has a user name or a password in it");
    }
    let is_own = |own: &Url| place(own) == place(&address);
    if address.scheme() == "http" && loopback.is_some_and(is_own) {
        return Ok(address);
    }
    if address.scheme() != "https" {
        return Err("the address of the file is not https");
    }
    // A dot at the end changes nothing of where a name leads.
    match address.domain().map(|name| name.trim_end_matches('.')) {
        Some(name) if name.contains('.') && !name.ends_with(".localhost") => Ok(address),
        _ => Err("the address of the file has no host name"),
    }
}

/// Whether the host is in plain ASCII: no letters of other alphabets, also not as `xn--…` or behind percent signs. Files of an
/// export have no such host, and a library that reads them has panicked over some of these letters.
fn has_plain_host(link: &str) -> bool {
    let after_scheme = link.split_once("//").map_or(link, |(_, rest)| rest);
    let host = after_scheme.split(['/', '?', '#']).next();
    let host = host.unwrap_or_default().to_ascii_lowercase();
    link.is_ascii() && !host.contains('%') && !host.contains("xn--")
}

/// Host and port; the two names of this machine are one.
fn place(url: &Url) -> (Option<&str>, Option<u16>) {
    let host = url.host_str();
    let own_name = |host| {
        if host == "localhost" {
            "127.0.0.1"
        } else {
            host
        }
    };
    (host.map(own_name), url.port_or_known_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_read_as_an_address_and_not_as_text() {
        let own = Url::parse("http://localhost:8080").unwrap();
        let at = |link: &str| address_of(link, Some(&own)).map(|url| url.to_string());
        for (link, address) in [
            ("http://127.0.0.1:8080/f?k=1", "http://127.0.0.1:8080/f?k=1"),
            ("http://LOCALHOST:8080/f", "http://localhost:8080/f"),
            (
                "https://s3.uni.test/f?to=a://b",
                "https://s3.uni.test/f?to=a://b",
            ),
            ("s3.uni.test/f?to=a://b", "https://s3.uni.test/f?to=a://b"),
            ("s3.uni.test:8443/f", "https://s3.uni.test:8443/f"),
            ("HTTPS://s3.uni.test/f", "https://s3.uni.test/f"),
            ("//s3.uni.test/f", "https://s3.uni.test/f"),
        ] {
            assert_eq!(at(link).unwrap(), address);
        }
        for link in [
            "https://I\u{307}.uni.test/f",
            "I\u{307}",
            "https://%49%CC%87.uni.test/f",
            "https://XN--I-RBB.uni.test/f",
            "http://127.0.0.1:8080@uni.test/f",
            "http://127.0.0.1:8080.uni.test/f",
            "http://127.0.0.1.uni.test:8080/f",
            "http://127.0.0.1:8081/f",
            "http://127.0.0.1/f",
            "http://127.0.0.2:8080/f",
            "http://uni.test:8080/f",
            "https://user@s3.uni.test/f",
            "https://user:word@s3.uni.test/f",
            ":word@s3.uni.test/f",
            "https://169.254.169.254/f",
            "https://2852039166/f",
            "https://[::1]/f",
            "https://localhost/f",
            "https://a.localhost/f",
            "https://localhost./f",
            "https://a.LOCALHOST./f",
            "https://intranet./f",
            "https://intranet/f",
            "ftp://s3.uni.test/f",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "/f",
            "",
        ] {
            assert!(at(link).is_err(), "{link}: {:?}", at(link));
        }
        // A real tenant owns nothing on this machine.
        for link in ["http://127.0.0.1:8080/f", "http://localhost:8080/f"] {
            assert!(address_of(link, None).is_err(), "{link}");
        }
    }
}

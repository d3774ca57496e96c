//! Which e-mail addresses Auth0 takes.

/// Checks an address like the importer does: validator.js's rule with a full domain; 64 and 254 characters are Auth0's own
/// limits.
pub(crate) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    text.len() <= 254 && is_local_part(local) && is_domain(domain)
}

fn is_local_part(local: &str) -> bool {
    if local.is_empty() || local.len() > 64 {
        return false;
    }
    if let Some(quoted) = local.strip_prefix('"').and_then(|l| l.strip_suffix('"')) {
        return quoted
            .chars()
            .all(|c| !c.is_control() && c != '"' && c != '\\');
    }
    let atom = |c: char| {
        c.is_ascii_alphanumeric()
            || "!#$%&'*+-/=?^_`{|}~".contains(c)
            || ('\u{a1}'..='\u{ffef}').contains(&c)
    };
    local
        .split('.')
        .all(|part| !part.is_empty() && part.chars().all(atom))
}

fn is_domain(domain: &str) -> bool {
    let beyond_ascii = |c: char| ('\u{a1}'..='\u{ffff}').contains(&c);
    // Full-width forms are refused everywhere in a domain.
    let wide = |c: char| ('\u{ff01}'..='\u{ff5e}').contains(&c);
    let label = |label: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || (beyond_ascii(c) && !wide(c));
        (1..=63).contains(&label.chars().count())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(fits)
    };
    let Some((_, top)) = domain.rsplit_once('.') else {
        return false;
    };
    let letters = top
        .chars()
        .all(|c| c.is_ascii_alphabetic() || beyond_ascii(c));
    let top_fits = top.chars().count() >= 2 && (letters || top.starts_with("xn--"));
    top_fits && domain.split('.').all(label)
}

//! LDAP: entries of people, as `inetOrgPerson`, `posixAccount` and Active Directory name their attributes.

use serde_json::Value;

use crate::sources::draft::Draft;
use crate::sources::fields::Text as Field;
use crate::sources::known::{Known, Source, USUAL, items};
use crate::sources::places::Take::{self, *};
use crate::sources::rows::Cell;

pub(super) const KNOWN: Known = Known {
    source: Source::Ldap,
    name: "LDAP",
    marks: &[&["dn", "objectClass"], &["userPassword"], &["dn", "mail"]],
    fields: &[
        ("dn", Old("dn")),
        ("objectClass", With(class)),
        ("entryUUID", Take::Text(Field::UserId)),
        ("ipaUniqueID", OldId),
        ("uid", With(uid)),
        ("sAMAccountName", With(uid)),
        ("userPrincipalName", Old("user_principal_name")),
        ("mail", With(mail)),
        ("cn", With(name)),
        ("displayName", Take::Text(Field::Name)),
        ("givenName", With(given_name)),
        ("sn", With(family_name)),
        ("userPassword", WithHash(password)),
        ("telephoneNumber", Old("telephone_number")),
        ("mobile", Old("mobile")),
        ("preferredLanguage", Old("locale")),
        ("memberOf", With(groups)),
        ("departmentNumber", Old("department")),
        ("department", Old("department")),
        ("employeeNumber", Old("employee_number")),
        ("title", Old("title")),
        ("o", Old("organization")),
        ("ou", Old("organizational_unit")),
        ("createTimestamp", Date("created_at")),
        ("whenCreated", Date("created_at")),
        ("changetype", Nothing),
        ("jpegPhoto", Nothing),
        ("structuralObjectClass", Nothing),
        ("creatorsName", Nothing),
        ("modifiersName", Nothing),
        ("modifyTimestamp", Nothing),
        ("entryCSN", Nothing),
        ("uidNumber", Nothing),
        ("gidNumber", Nothing),
        ("homeDirectory", Nothing),
        ("loginShell", Nothing),
        ("gecos", Nothing),
        ("shadowLastChange", Nothing),
    ],
    ..USUAL
};

/// The values of an attribute, which may have several.
fn values(cell: Cell<'_>) -> Vec<String> {
    match cell {
        Cell::Text(text) => vec![text.into_owned()],
        Cell::Json(value) => {
            let texts = items(value).into_iter();
            texts
                .filter_map(|value| value.as_str().map(str::to_string))
                .collect()
        }
    }
}

/// The last class says what an entry is; groups, units and machines are no users.
fn class(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    const PEOPLE: [&str; 8] = [
        "person",
        "organizationalPerson",
        "inetOrgPerson",
        "posixAccount",
        "account",
        "user",
        "shadowAccount",
        "mailUser",
    ];
    let classes = values(cell);
    let is = |names: &[&str]| {
        classes
            .iter()
            .any(|class| names.iter().any(|name| class.eq_ignore_ascii_case(name)))
    };
    if is(&["computer"]) || !is(&PEOPLE) {
        draft.leave_out("no person, but another entry of the directory");
    }
    Ok(())
}

fn first(cell: Cell<'_>) -> Option<String> {
    values(cell).into_iter().next()
}

fn uid(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    draft.user.username = first(cell);
    Ok(())
}

/// The first address is the user's; the others are kept.
fn mail(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    let mut mails = values(cell).into_iter();
    draft.user.email = mails.next().unwrap_or_default().trim().to_string();
    for mail in mails {
        draft.add_old("other_emails", Value::from(mail));
    }
    Ok(())
}

fn name(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    if draft.user.name.is_none() {
        draft.user.name = first(cell);
    }
    Ok(())
}

fn given_name(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    draft.user.given_name = first(cell);
    Ok(())
}

fn family_name(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    draft.user.family_name = first(cell);
    Ok(())
}

fn password(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    draft.hash = first(cell);
    Ok(())
}

fn groups(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    for group in values(cell) {
        draft.add_old("groups", Value::from(group));
    }
    Ok(())
}

//! LDAP: entries of people, as `inetOrgPerson`, `posixAccount` and Active Directory name their attributes.

use serde_json::Value;

use crate::passwords::hashes::stored::StoredHash;
use crate::sources::draft::Draft;
use crate::sources::fields::{Flag, Text as Field};
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
        ("nsUniqueId", OldId),
        ("objectGUID", OldId),
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
        ("changetype", With(change)),
        ("userAccountControl", With(control)),
        ("nsAccountLock", Take::Flag(Flag::Blocked)),
        ("pwdAccountLockedTime", With(locked)),
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

/// The last class says what an entry is; groups, units and machines are not users.
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
    // Tables have them all in one cell.
    let classes = values(cell);
    let all = || {
        classes
            .iter()
            .flat_map(|classes| classes.split([';', ',', '|', ' ']))
    };
    let is = |names: &[&str]| {
        all().any(|class| names.iter().any(|name| class.eq_ignore_ascii_case(name)))
    };
    if is(&["computer"]) || !is(&PEOPLE) {
        draft.leave_out("not a person but another entry of the directory");
    }
    Ok(())
}

fn first(cell: Cell<'_>) -> Option<String> {
    values(cell).into_iter().next()
}

fn uid(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    draft.user.username = first(cell).map(|uid| uid.trim().to_string());
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

/// Of several hashes the first that Auth0 takes.
fn password(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    let mut hashes = values(cell);
    let is_taken = |hash: &String| {
        matches!(
            StoredHash::read(hash),
            StoredHash::Bcrypt(_) | StoredHash::Custom(_)
        )
    };
    let best = match hashes.len() {
        0 | 1 => 0,
        _ => hashes.iter().position(is_taken).unwrap_or(0),
    };
    draft.hash = (best < hashes.len()).then(|| hashes.swap_remove(best));
    Ok(())
}

fn change(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    if !first(cell).is_some_and(|change| change.eq_ignore_ascii_case("add")) {
        draft.leave_out("not an entry but a change to one");
    }
    Ok(())
}

/// The bit of Active Directory for an account that is disabled.
const DISABLED: i64 = 2;

fn control(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    let flags = first(cell).and_then(|flags| flags.trim().parse::<i64>().ok());
    draft.set_flag(
        Flag::Blocked,
        flags.is_some_and(|flags| flags & DISABLED != 0),
    );
    Ok(())
}

/// The time that OpenLDAP has for an account that an administrator locked; others end by themselves.
fn locked(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    if first(cell).is_some_and(|time| time.starts_with("000001010000")) {
        draft.set_flag(Flag::Blocked, true);
    }
    Ok(())
}

fn groups(draft: &mut Draft, cell: Cell<'_>) -> Result<(), String> {
    for groups in values(cell) {
        for group in groups.split(';') {
            draft.add_old("groups", Value::from(group));
        }
    }
    Ok(())
}

//! A user in the making: what the fields of a row said, until it is decided what comes of it.

use serde_json::{Map, Value};

use crate::passwords::hashes::stored::StoredHash;
use crate::secrets::hide::without_secrets;
use crate::sources::fields::Flag;
use crate::sources::rows::Cell;
use crate::sources::values::{are_shallow, date, has_blank_end, is_nothing};
use crate::users::User;
use crate::users::email::is_email;

/// Where what Auth0 has no field for goes, in `app_metadata`.
pub(crate) const IMPORTED: &str = "imported";
/// Under what the id of the password is noted, of those who also sign in elsewhere.
pub(crate) const OWN_ID: &str = "own id";
/// Who signs people in at Auth0 beside a database, by what stands before the `|` of their ids.
const ELSEWHERE: [&str; 38] = [
    "google-oauth2",
    "facebook",
    "windowslive",
    "twitter",
    "github",
    "apple",
    "linkedin",
    "amazon",
    "paypal",
    "paypal-sandbox",
    "instagram",
    "yahoo",
    "bitbucket",
    "dropbox",
    "discord",
    "spotify",
    "slack",
    "wordpress",
    "vkontakte",
    "weibo",
    "line",
    "salesforce",
    "salesforce-sandbox",
    "shopify",
    "oauth1",
    "oauth2",
    "oidc",
    "okta",
    "samlp",
    "waad",
    "adfs",
    "ad",
    "google-apps",
    "office365",
    "pingfederate",
    "sharepoint",
    "email",
    "sms",
];
/// Names that systems have for signing in with the password that they keep.
const OWN: [&str; 10] = [
    "auth0",
    "credential",
    "credentials",
    "password",
    "local",
    "email",
    "phone",
    "database",
    "native",
    "okta",
];

/// A user in the making.
#[derive(Default)]
pub(crate) struct Draft {
    pub(crate) user: User,
    /// Where its row begins in the file.
    pub(crate) line: usize,
    pub(crate) hash: Option<String>,
    pub(crate) salt: Option<String>,
    pub(crate) hash_format: Option<String>,
    /// A password in clear text, where the source says that it is one.
    pub(crate) clear: Option<String>,
    /// A hash that was read where it was found.
    pub(crate) stored: Option<StoredHash>,
    pub(crate) old_id: Option<String>,
    /// What goes to `app_metadata.imported`.
    pub(crate) imported: Map<String, Value>,
    /// Fields that a source must see together with others, which come before or after them.
    pub(crate) noted: Map<String, Value>,
    /// A field whose blanks at the ends were kept.
    pub(crate) blanks: Option<&'static str>,
    /// What its hash is and why Auth0 takes none of that kind.
    pub(crate) impossible: Option<(&'static str, &'static str)>,
    /// Its hash was rewritten in Auth0's form.
    pub(crate) is_rewritten: bool,
    /// A second factor that an import cannot bring.
    pub(crate) lost_factor: bool,
    /// A username that is the e-mail says nothing more, and Auth0 takes none that is one.
    pub(crate) drops_email_usernames: bool,
    /// Who signs the user in, where it is not the password.
    elsewhere: Option<String>,
    has_own_sign_in: bool,
    left_out: Option<String>,
}

/// What comes of a row that could be read.
pub(crate) enum Made {
    User,
    /// It is not a user for an import, for this reason.
    LeftOut(String),
}

impl Draft {
    /// An id without what Auth0 puts in front; what another provider puts there tells who signs the user in.
    pub(crate) fn set_id(&mut self, id: String) {
        let mut bare = id.as_str();
        let mut is_own = false;
        while let Some(rest) = bare.strip_prefix("auth0|") {
            bare = rest.strip_prefix('\'').unwrap_or(rest).trim_start();
            is_own = true;
        }
        if let Some(provider) = provider_elsewhere(bare) {
            is_own = false;
            self.elsewhere = Some(provider.to_string());
        }
        self.has_own_sign_in |= is_own;
        self.user.user_id = Some(match bare.len() == id.len() {
            true => id,
            false => bare.to_string(),
        });
    }

    /// Notes one of the ways in which the user signs in.
    pub(crate) fn signs_in_with(&mut self, provider: &str) {
        if OWN.contains(&provider.trim().to_ascii_lowercase().as_str()) {
            self.has_own_sign_in = true;
        } else {
            self.signs_in_elsewhere(provider);
        }
    }

    /// Notes a way to sign in other than the password, whatever its name.
    pub(crate) fn signs_in_elsewhere(&mut self, provider: &str) {
        let provider = provider.trim().to_ascii_lowercase();
        if !provider.is_empty() {
            self.elsewhere.get_or_insert(provider);
        }
    }

    pub(crate) fn leave_out(&mut self, why: &str) {
        self.left_out.get_or_insert_with(|| why.to_string());
    }

    pub(crate) fn take_end_of_block(&mut self, cell: Cell<'_>) {
        let Some(Value::String(until)) = date(cell) else {
            return;
        };
        let now = crate::words::utc(crate::clock::unix_millis() / 1_000);
        let is_iso = until.get(4..5) == Some("-");
        // A time in another form may be over: a blocked user stays blocked, and the time is kept to be checked.
        let is_ahead = !is_iso || until.get(..10) > now.get(..10);
        if is_ahead {
            self.set_flag(Flag::Blocked, true);
            self.imported
                .insert("blocked_until".to_string(), until.into());
        }
    }

    /// Adds to a list in `app_metadata.imported`.
    pub(crate) fn add_old(&mut self, name: &str, value: Value) {
        let list = self
            .imported
            .entry(name)
            .or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(list) = list {
            list.push(value);
        }
    }

    pub(crate) fn has_hash(&self) -> bool {
        let has = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.trim().is_empty());
        has(&self.hash) || has(&self.clear) || self.stored.is_some() || self.user.has_password()
    }

    /// What a system's own code took follows the rules of every column's text: no spaces around an identifier, and none that is empty.
    fn tidy_texts(&mut self) {
        let user = &mut self.user;
        let identifiers = [
            &mut user.user_id,
            &mut user.username,
            &mut user.phone_number,
            &mut user.picture,
        ];
        for place in identifiers {
            if let Some(text) = place
                && has_blank_end(text)
            {
                *text = text.trim().to_string();
            }
            place.take_if(|text| text.is_empty() || is_nothing(text));
        }
        if has_blank_end(&user.email) {
            user.email = user.email.trim().to_string();
        }
        if is_nothing(&user.email) {
            user.email.clear();
        }
        let names = [
            &mut user.name,
            &mut user.given_name,
            &mut user.family_name,
            &mut user.nickname,
        ];
        for place in names {
            place.take_if(|name| matches!(name.as_str(), "" | "\\N" | "NULL"));
        }
    }

    /// Whether its metadata has no more levels than can be read again.
    pub(crate) fn is_shallow(&self) -> bool {
        let metadata = [&self.user.app_metadata, &self.user.user_metadata];
        metadata.into_iter().flatten().all(are_shallow)
    }

    /// Puts together what belongs together, and says whether it is a user for an import.
    pub(crate) fn finish(&mut self) -> Made {
        if let Some(why) = self.left_out.take() {
            return Made::LeftOut(why);
        }
        if let Some(provider) = &self.elsewhere
            && !self.has_own_sign_in
            && !self.has_hash()
        {
            return Made::LeftOut(format!("signs in with {}", shown_provider(provider)));
        }
        let user = &mut self.user;
        // Somebody who signs in elsewhere first has an id of there, and another one for the password.
        let is_foreign = |id: &String| id.contains('|');
        if let Some(Value::String(own)) = self.noted.remove(OWN_ID)
            && user.user_id.as_ref().is_none_or(is_foreign)
        {
            user.user_id = Some(own);
        }
        // Without that other one, the id of elsewhere is only kept: it would say that the user has no password here.
        if let Some(foreign) = user.user_id.take_if(|id| provider_elsewhere(id).is_some()) {
            self.imported.insert("user_id".to_string(), foreign.into());
        }
        if user.user_id.is_none() {
            user.user_id = self.old_id.take();
        }
        self.tidy_texts();
        let user = &mut self.user;
        // Many systems have the e-mail for a username.
        if let Some(username) = &user.username
            && is_email(username)
        {
            if user.email.is_empty() {
                user.email = std::mem::take(&mut user.username).unwrap_or_default();
            } else if username.eq_ignore_ascii_case(&user.email) && self.drops_email_usernames {
                user.username = None;
            }
        }
        if !self.imported.is_empty() {
            let app = user.app_metadata.get_or_insert_default();
            keep_beside(app, std::mem::take(&mut self.imported));
        }
        Made::User
    }
}

/// Puts these where nothing of the metadata is lost by it: in `imported`, or in `imported_2` where that has another value already.
fn keep_beside(app: &mut Map<String, Value>, imported: Map<String, Value>) {
    let has_room = |place: Option<&Value>| match place {
        None => true,
        Some(Value::Object(there)) => {
            let is_same = |(name, value)| there.get(name).is_none_or(|other| other == value);
            imported.iter().all(is_same)
        }
        Some(_) => false,
    };
    let mut place = IMPORTED.to_string();
    let mut number = 1;
    while !has_room(app.get(&place)) {
        number += 1;
        place = format!("{IMPORTED}_{number}");
    }
    let there = app
        .entry(place)
        .or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(there) = there {
        there.extend(imported);
    }
}

/// Who signs in the user with this id, if that is not a database.
fn provider_elsewhere(id: &str) -> Option<&str> {
    let (provider, _) = id.split_once('|')?;
    ELSEWHERE.contains(&provider).then_some(provider)
}

/// The name of a provider, if it can be one.
fn shown_provider(provider: &str) -> &str {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
    let is_name =
        provider.len() <= 40 && provider.chars().all(fits) && without_secrets(provider) == provider;
    if is_name { provider } else { "somebody else" }
}

//! `POST /oauth/token`: client credentials, and sign-in by password, which really checks the hash.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::http::call::{Call, Ended, later, now};
use crate::http::message::{self, Answer, Request, oauth_error, ok};
use crate::http::query;
use crate::rules::hashes;
use crate::state::World;
use crate::state::accounts::{self, Account};

const REALM_GRANT: &str = "http://auth0.com/oauth/grant-type/password-realm";
/// Bytes of a request, far more than any password and client have.
pub(crate) const MOST_BYTES: usize = 64 << 10;
/// Failures of one user before more attempts are refused (brute-force protection's default).
const MOST_FAILURES: u32 = 10;

pub(crate) fn token(world: &mut World, call: &Call) -> Ended {
    let form = fields(&call.request);
    match form.get("grant_type").and_then(Value::as_str) {
        Some("client_credentials") => now(client_credentials(world, &form)),
        Some(grant @ (REALM_GRANT | "password")) => sign_in(world, &form, grant),
        Some(grant) => now(oauth_error(
            403,
            "unsupported_grant_type",
            &format!("Unsupported grant type: {grant}"),
        )),
        None => now(oauth_error(
            400,
            "invalid_request",
            "Missing required parameter: grant_type",
        )),
    }
}

/// The fields, from JSON or from a form.
fn fields(request: &Request) -> Map<String, Value> {
    let content_type = request.header("content-type").unwrap_or_default();
    if content_type.starts_with("application/json") {
        return serde_json::from_slice(&request.body).unwrap_or_default();
    }
    let pairs = query::form(&request.body).into_iter();
    pairs.map(|(name, value)| (name, value.into())).collect()
}

fn text<'a>(form: &'a Map<String, Value>, name: &str) -> &'a str {
    form.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn client_credentials(world: &mut World, form: &Map<String, Value>) -> Answer {
    let keys = &world.keys;
    let id = text(form, "client_id");
    if id != keys.client_id || text(form, "client_secret") != keys.client_secret {
        return oauth_error(401, "access_denied", "Unauthorized");
    }
    let audience = text(form, "audience");
    if !world.is_audience(audience) {
        let description = format!(
            "Client is not authorized to access \"{audience}\". You need to create a \"client-grant\" associated to this API."
        );
        return oauth_error(403, "access_denied", &description);
    }
    if world.fault("token-quota") {
        return quota_exceeded();
    }
    world.note_holder();
    let scope = form.get("scope").and_then(Value::as_str);
    let token = world.issue(scope, audience);
    ok(
        &json!({"access_token": token, "expires_in": world.setup.token_seconds, "token_type": "Bearer"}),
    )
}

/// The quota of tokens for machines, as documented ("Fine-grained M2M token quotas"), with the header as Auth0's SDKs
/// read it.
fn quota_exceeded() -> Answer {
    let mut answer = oauth_error(429, "too_many_requests", "Client quota exceeded");
    answer.add("retry-after", 1);
    answer.add("auth0-client-quota-limit", "b=per_hour;q=100;r=0;t=1");
    answer
}

fn wrong() -> Answer {
    oauth_error(403, "invalid_grant", "Wrong email or password.")
}

fn sign_in(world: &mut World, form: &Map<String, Value>, grant: &str) -> Ended {
    let id = text(form, "client_id");
    if id == world.keys.client_id {
        return now(oauth_error(
            403,
            "unauthorized_client",
            &format!("Grant type '{grant}' not allowed for the client."),
        ));
    }
    let secret = text(form, "client_secret");
    if id != world.keys.sign_in_id || secret != world.keys.sign_in_secret {
        return now(oauth_error(401, "access_denied", "Unauthorized"));
    }
    world.note_holder();
    let realm = if grant == REALM_GRANT {
        text(form, "realm")
    } else {
        "Username-Password-Authentication"
    };
    let login = text(form, "username").to_lowercase();
    let Some((place, account)) = find(world, realm, &login) else {
        return now(wrong());
    };
    if account.failures >= MOST_FAILURES {
        let description =
            "Your account has been blocked after multiple consecutive login attempts.";
        return now(oauth_error(429, "too_many_attempts", description));
    }
    let password = text(form, "password").to_string();
    let salt = world.chance.bytes();
    let checked = Arc::clone(&account);
    // A hash takes 70 ms of a core or more.
    let check = move || {
        let right = password_fits(&checked, &password);
        let is_imported = checked.password_hash.is_none();
        let own_hash = right && lets_in(&checked) && is_imported;
        let own_hash = own_hash.then(|| hashes::bcrypt_of(&password, salt));
        (right, own_hash.flatten())
    };
    later(check, move |world, (right, own_hash)| {
        if let (Some(own_hash), Some(imported)) = (own_hash, &account.custom_hash) {
            drop_imported_hash(world, place, imported, own_hash);
        }
        note_attempt(world, place, right, right && lets_in(&account));
        now(tried(world, &account, right))
    })
}

fn is_blocked(account: &Account) -> bool {
    account.profile.get("blocked") == Some(&Value::Bool(true))
}

/// Whether a right password is enough.
fn lets_in(account: &Account) -> bool {
    !is_blocked(account) && !account.second_factor
}

/// The answer to an attempt.
fn tried(world: &mut World, account: &Account, right: bool) -> Answer {
    match (right, is_blocked(account), account.second_factor) {
        (false, ..) => wrong(),
        // Reported without a status; mocks of others use 403.
        (true, true, _) => oauth_error(403, "unauthorized", "user is blocked"),
        (true, false, true) => message::json(
            403,
            &json!({"error": "mfa_required", "error_description": "Multifactor authentication required", "mfa_token": world.chance.letters(40)}),
        ),
        (true, false, false) => signed_in(world, account.text("user_id").unwrap_or_default()),
    }
}

fn signed_in(world: &World, user_id: &str) -> Answer {
    let now = world.now.seconds();
    let claims = json!({"iss": format!("{}/", world.base), "sub": user_id, "aud": world.keys.sign_in_id, "iat": now, "exp": now + 86_400});
    let token = world.tokens.sign(&claims);
    ok(&json!({"access_token": token, "token_type": "Bearer", "expires_in": 86_400}))
}

/// The user of a connection who signs in with this name: an e-mail, unless several users can have it, or another attribute that
/// the connection allows for sign-in.
fn find(world: &World, realm: &str, login: &str) -> Option<(usize, Arc<Account>)> {
    let connection = world.connection_named(realm)?;
    let usernames = connection
        .username()
        .is_some_and(|rules| rules.attribute.signs_in);
    let phones = connection.phone().is_some_and(|phone| phone.signs_in);
    let ways = [
        ("email", connection.has_unique_emails()),
        ("username", usernames),
        ("phone_number", phones),
    ];
    let memory = &world.memory;
    let mut ways = ways.into_iter().filter(|(_, is_open)| *is_open);
    let place = ways.find_map(|(name, _)| memory.find(&accounts::key(realm, name, login)))?;
    Some((place, Arc::clone(memory.users.get(&place)?)))
}

fn note_attempt(world: &mut World, place: usize, right: bool, is_in: bool) {
    let now = world.now;
    let Some(account) = world.memory.change(place) else {
        return;
    };
    account.failures = if right { 0 } else { account.failures + 1 };
    if is_in {
        // A user who has never signed in has none of these (recorded); the names come from the page on the user profile.
        let count = account.profile.get("logins_count").and_then(Value::as_u64);
        let profile = &mut account.profile;
        profile.insert("last_login".into(), now.shown().into());
        profile.insert("last_ip".into(), "127.0.0.1".into());
        profile.insert("logins_count".into(), (count.unwrap_or(0) + 1).into());
    }
}

/// After the first successful sign-in, Auth0 has its own bcrypt hash, and the imported one is gone.
fn drop_imported_hash(world: &mut World, place: usize, imported: &Value, own_hash: String) {
    let account = world.memory.change(place);
    // An upsert may have brought another one meanwhile.
    if let Some(account) = account.filter(|there| there.custom_hash.as_ref() == Some(imported)) {
        account.password_hash = Some(own_hash);
        account.custom_hash = None;
    }
}

/// Whether the password fits the imported hash; without one, no password fits.
fn password_fits(account: &Account, password: &str) -> bool {
    match (&account.password_hash, &account.custom_hash) {
        (Some(hash), _) => bcrypt::verify(password, hash).unwrap_or(false),
        (None, Some(custom)) => hashes::fits(password, custom),
        (None, None) => false,
    }
}

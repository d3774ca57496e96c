//! Proof that a password works.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::error::refusal::SignInRefusal;
use crate::error::{Error, Result};
use crate::say::{debug_fields, words_of_others};
use crate::secrets::hide::without_secrets;
use crate::tenant::Tenant;
use crate::tenant::answers::{RefusalAnswer, TokenAnswer};
use crate::tenant::refusal::refusal;
use crate::tenant::request::Answer;
use crate::tenant::retry::Lost;

/// Auth0's code for a user with too many failed sign-ins. Waiting does not help.
const TOO_MANY_ATTEMPTS: &str = "too_many_attempts";
/// What a read-only tenant refuses, and why it counts as a change.
const A_SIGN_IN: &str = "a sign-in, which changes its user (it is counted, a failed one can block them, and one that works replaces an imported hash),";

/// A successful sign-in, returned by [`verify_sign_in`]. Its tokens are dropped.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// # let tenant = Tenant::practice()?;
/// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// # let users = generate_users("docs-signs", "uni.test", 1)?;
/// # let accounts = set_passwords(&users, Passwords::SameAsUsername)?;
/// # let job = start_import(&tenant, &connection, &accounts)?;
/// # let finished = wait_for_job(&tenant, &job, Duration::from_secs(60))?;
/// let signed_in = verify_sign_in(&tenant, "Username-Password-Authentication", "docs-signs_01", "docs-signs_01")?;
/// assert_eq!(signed_in.login, "docs-signs_01");
/// assert_eq!(signed_in.connection, "Username-Password-Authentication");
/// # remove_users(&tenant, plan_removal(&tenant, &finished)?)?;
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct SignIn {
    /// The e-mail or username that signed in.
    pub login: String,
    /// The connection's name.
    pub connection: String,
}

debug_fields!(SignIn: login, connection);

/// Signs in as `login` (e-mail or username) with `password`. Sends one request, which changes the user.
///
/// `connection_name` is the connection's name, not its id. The application comes from the settings `SIGN_IN_CLIENT_ID` and
/// `SIGN_IN_CLIENT_SECRET`, or from [`Tenant::with_sign_in`].
///
/// A sign-in changes things, so a real tenant must first be opened with [`Tenant::allow_writes`]. The tenant's log shows it. A
/// successful sign-in is counted in the profile (`logins_count`, `last_login`), runs the tenant's Actions, and makes Auth0
/// replace the imported hash with its own. A failed sign-in counts for the brute-force protection, which by default blocks the
/// user after 10 failures from one address.
///
/// # Errors
///
/// A read-only tenant; [`ErrorKind::SignIn`](crate::ErrorKind::SignIn) with the [`SignInRefusal`]; the two settings are missing; the tenant cannot be reached.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let _scene = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doc/scene.rs"));
/// let tenant = Tenant::practice()?;
/// let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// let users = generate_users("docs-sign-in", "uni.test", 1)?;
/// let accounts = set_passwords(&users, Passwords::SameAsUsername)?;
/// let job = start_import(&tenant, &connection, &accounts)?;
/// let finished = wait_for_job(&tenant, &job, Duration::from_secs(60))?;
/// let login = "docs-sign-in_01";
/// println!("{}", verify_sign_in(&tenant, "Username-Password-Authentication", login, login)?);
/// # remove_users(&tenant, plan_removal(&tenant, &finished)?)?;
/// # Ok::<(), Error>(())
/// ```
pub fn verify_sign_in(
    tenant: &Tenant,
    connection_name: &str,
    login: &str,
    password: &str,
) -> Result<SignIn> {
    tenant.check_gate(A_SIGN_IN)?;
    let application = tenant.sign_in_application()?;
    let answer = ask(
        tenant,
        json!({
            "grant_type": "http://auth0.com/oauth/grant-type/password-realm",
            "realm": connection_name,
            "username": login,
            "password": password,
            "client_id": application.id,
            "client_secret": application.secret.expose(),
        }),
    )?;
    if answer.status.is_success() {
        let given: TokenAnswer = answer.read()?;
        answer.need("access_token", given.access_token.0)?;
        return Ok(SignIn {
            login: login.to_string(),
            connection: connection_name.to_string(),
        });
    }
    let told: RefusalAnswer = answer.read()?;
    let message = told.error_description.as_deref();
    let message = message.unwrap_or("no reason given");
    Err(Error::sign_in(
        login,
        refusal_in(&told),
        &words_of_others(&without_secrets(message), 300),
    ))
}

/// Asks until the rate limit allows it. The answer says if it is refused for another reason.
fn ask(tenant: &Tenant, body: Value) -> Result<Answer> {
    let deadline = tenant.deadline();
    tenant.ask(deadline, Lost::GiveUp, |_| {
        let answer = tenant.post_token(body.clone(), deadline)?;
        let told: RefusalAnswer = answer.read().unwrap_or_default();
        let is_users = told.error.as_deref() == Some(TOO_MANY_ATTEMPTS);
        if answer.status != StatusCode::TOO_MANY_REQUESTS || is_users {
            return Ok(answer);
        }
        Err(refusal(&answer))
    })
}

fn refusal_in(told: &RefusalAnswer) -> SignInRefusal {
    let description = told.error_description.as_deref().unwrap_or_default();
    match told.error.as_deref().unwrap_or_default() {
        "mfa_required" => SignInRefusal::SecondFactor,
        TOO_MANY_ATTEMPTS => SignInRefusal::TooManyAttempts,
        "unauthorized_client" => SignInRefusal::GrantNotAllowed,
        "unauthorized" if description.contains("blocked") => SignInRefusal::Blocked,
        "access_denied" | "invalid_client" => SignInRefusal::WrongApplication,
        "invalid_grant" | "invalid_user_password" => SignInRefusal::WrongPassword,
        _ => SignInRefusal::Other,
    }
}

//! Opening a tenant, by the settings or by its domain and a token.

use crate::clock::Deadline;
use crate::error::{Error, Result};
use crate::say::say;
use crate::tenant::retry::{Lost, Retry};
use crate::tenant::settings::{Address, Application, Settings};
use crate::tenant::token::Token;
use crate::tenant::wire::Wire;
use crate::tenant::{CALL_LIMIT, FAULTS_BORNE, Tenant};

/// What the program that started the kernel has to say. It can print nothing into a notebook itself.
const KERNEL_NOTE: &str = "AUTH0_BULK_USERS_KERNEL_NOTE";

impl Tenant {
    /// Opens the tenant that the settings name, or the practice tenant if nothing is set.
    ///
    /// The settings are `DOMAIN`, and `MGMT_API_ACCESS_TOKEN` or `CLIENT_ID` with `CLIENT_SECRET`; `SIGN_IN_CLIENT_ID` and
    /// `SIGN_IN_CLIENT_SECRET` are for [`verify_sign_in`](crate::verify_sign_in). They are read from the environment if it sets
    /// `DOMAIN`, and otherwise from `.env`, in which a `$` is a `$`. A credential is sent only to the domain that is set in the
    /// same place. A token is only decoded here; client credentials send one request. A real tenant is read-only at first: see
    /// [`Tenant::allow_writes`].
    ///
    /// # Errors
    ///
    /// A setting without `DOMAIN`; `DOMAIN` in the environment and a credential in `.env`, or the reverse; no token; a token
    /// that is expired, is for another audience or is not a JWT; an unreadable `.env`; credentials that the tenant refuses, or
    /// a tenant that cannot be reached; a practice tenant that cannot be used (see [`Tenant::practice`]).
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// # unsafe { std::env::set_var("DOMAIN", "practice") }; // an example goes nowhere else
    /// let tenant = Tenant::from_env()?;
    /// println!("{tenant}");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn from_env() -> Result<Tenant> {
        if let Ok(note) = std::env::var(KERNEL_NOTE) {
            say!("this kernel was slow to begin: {note}");
        }
        let settings = Settings::read()?;
        match settings.get("DOMAIN") {
            Some(_) if settings.names_practice() => Tenant::practice(),
            Some(_) => Tenant::from_settings(&settings),
            None => match settings.any() {
                None => Tenant::practice(),
                Some(name) => Err(Error::no_domain(name)),
            },
        }
    }

    /// Opens the tenant at `domain` with a Management API access token; sends nothing.
    ///
    /// `domain` is a host name (https), or `http://127.0.0.1:PORT` / `http://localhost:PORT`. No setting is read, so name an
    /// application for sign-ins with [`Tenant::with_sign_in`].
    ///
    /// # Errors
    ///
    /// A domain that is not a host name; a token that is empty, is expired, is for another audience or is not a JWT.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// let refused = Tenant::new("dev-1.us.auth0.com", "a client secret, by mistake");
    /// assert!(refused.is_err_and(|error| error.to_string().contains("JWT")));
    /// ```
    pub fn new(domain: &str, token: &str) -> Result<Tenant> {
        let wire = Wire::to(Address::parse(domain)?)?;
        let token = Token::parse(token, &wire.address)?;
        Ok(Tenant::assemble(wire, None, None, false, token))
    }

    pub(crate) fn from_settings(settings: &Settings) -> Result<Tenant> {
        let domain = settings.get("DOMAIN").unwrap_or_default();
        let wire = Wire::to(Address::parse(domain)?)?;
        let sign_in = settings.application("SIGN_IN_CLIENT_ID", "SIGN_IN_CLIENT_SECRET")?;
        let application = settings.application("CLIENT_ID", "CLIENT_SECRET")?;
        // A token wins over client credentials when both are set; they renew it.
        let token = match (settings.get("MGMT_API_ACCESS_TOKEN"), &application) {
            (Some(token), _) => Token::parse(token, &wire.address)?,
            (None, Some(application)) => first_token(&wire, application)?,
            (None, None) => return Err(Error::no_credentials(domain)),
        };
        Ok(Tenant::assemble(wire, application, sign_in, true, token))
    }

    /// Opens the tenant at the other end of that wire with client credentials.
    #[cfg(feature = "simulation")]
    pub(crate) fn over(wire: Wire, application: Application) -> Result<Tenant> {
        let token = first_token(&wire, &application)?;
        Ok(Tenant::assemble(wire, Some(application), None, true, token))
    }
}

fn first_token(wire: &Wire, application: &Application) -> Result<Token> {
    let deadline = Deadline::after(CALL_LIMIT);
    let retry = Retry::new(deadline, FAULTS_BORNE.into(), &wire.words);
    retry.ask(Lost::SendAgain, |_| wire.exchange(application, deadline))
}

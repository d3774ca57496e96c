//! Why a sign-in was refused.

/// Why a sign-in was refused.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// let tenant = Tenant::practice()?;
/// let refused = verify_sign_in(&tenant, "Username-Password-Authentication", "docs-nobody@uni.test", "?");
/// if let Some(refusal) = refused.err().and_then(|error| error.sign_in_refusal()) {
///     assert_eq!(refusal, SignInRefusal::WrongPassword);
///     println!("{}", refusal.explanation());
/// }
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignInRefusal {
    /// The password is wrong, the user is unknown, or an imported hash does not fit: Auth0 does not say which.
    WrongPassword,
    /// The application may not use the Password grant.
    GrantNotAllowed,
    /// The application's own id or secret is wrong.
    WrongApplication,
    /// The user is blocked.
    Blocked,
    /// The password is right, but a second factor is needed.
    SecondFactor,
    /// Too many failed sign-ins of this user from this machine.
    TooManyAttempts,
    /// Something else; only Auth0's own sentence is known.
    Other,
}

impl SignInRefusal {
    /// What it means and what to do.
    ///
    /// # Examples
    ///
    /// ```
    /// use auth0_bulk_users::*;
    ///
    /// assert!(SignInRefusal::GrantNotAllowed.explanation().contains("switch it on"));
    /// ```
    #[must_use]
    pub fn explanation(self) -> &'static str {
        match self {
            SignInRefusal::WrongPassword => {
                "wrong password, unknown user, or a hash that does not fit (Auth0 does not say which)"
            }
            SignInRefusal::GrantNotAllowed => {
                "the sign-in application (SIGN_IN_CLIENT_ID) may not use the Password grant: switch it on (Advanced Settings, Grant Types)"
            }
            SignInRefusal::WrongApplication => {
                "the tenant does not accept the id and the secret of the sign-in application (SIGN_IN_CLIENT_ID, SIGN_IN_CLIENT_SECRET): copy both again"
            }
            SignInRefusal::Blocked => "the user is blocked",
            SignInRefusal::SecondFactor => "the password is right, but a second factor is needed",
            SignInRefusal::TooManyAttempts => {
                "too many failed attempts: wait, or unblock the user in the dashboard"
            }
            SignInRefusal::Other => "the reason is not one that this crate knows",
        }
    }
}

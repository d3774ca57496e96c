//! Opening a tenant: settings, tokens, and what may be sent.

use std::io;
use std::path::Path;

use crate::error::sentence::sentences;
use crate::say::listed;
use crate::words::{grouped, utc};

// The settings of a tenant.
sentences! {
    Settings no_domain(though: &str);
        "the setting DOMAIN cannot be used: it is not set, though {though} is"
        ": " "set it to your tenant's host name, or to `practice`";
    Settings domain_in_two_places(domain_in: &str, name: &str, name_in: &str);
        "the setting DOMAIN cannot be used: it is set in {domain_in} but {name} in {name_in}, and a credential is sent only to the domain that is set in the same place"
        ": " "set both in one place";
    Settings unencrypted(domain: &str);
        "the setting DOMAIN cannot be used: `{domain}` would send the token without encryption"
        ": " "write only the host name (https is used), or http:// with 127.0.0.1 or localhost";
    Settings no_port(domain: &str, name: &str);
        "the setting DOMAIN cannot be used: `{domain}` has no port"
        ": " "write http://{name}:PORT";
    Settings no_host_name(domain: &str);
        "the setting DOMAIN cannot be used: `{domain}` is not a host name such as dev-1.us.auth0.com"
        ": " "copy it from the dashboard (Settings of an application, Domain), or write `practice`";
    Settings no_credentials(domain: &str);
        "the setting MGMT_API_ACCESS_TOKEN cannot be used: it is not set for {domain}"
        ": " "copy .env.example to .env and fill it in, or leave DOMAIN unset to use the practice tenant";
    Settings half_an_application(missing: &str, set: &str);
        "the setting {missing} cannot be used: it is not set, though {set} is"
        ": " "set both or neither";
    Settings empty_token(domain: &str);
        "the setting MGMT_API_ACCESS_TOKEN cannot be used: the token for {domain} is empty"
        ": " "paste one, or set CLIENT_ID and CLIENT_SECRET";
    Settings no_sign_in_application(domain: &str);
        "the setting SIGN_IN_CLIENT_ID cannot be used: it is not set for {domain}, and a sign-in needs an application with the Password grant"
        ": " "set it and SIGN_IN_CLIENT_SECRET in the same place as DOMAIN";
    /// For a tenant that was opened without settings.
    Settings sign_in_without_settings(domain: &str);
        "no sign-in was sent: it needs an application with the Password grant, and {domain} was opened with Tenant::new, which reads no settings"
        ": " "name one with tenant.with_sign_in(client_id, client_secret)";
}

// A file of settings.
sentences! {
    Settings settings_unreadable(path: &Path, cause: io::Error) let path = path.display();
        "cannot use the settings in {path}: {cause}" because cause;
    Settings settings_too_long(path: &Path, most: u64) let path = path.display(), most = grouped(most);
        "cannot use the settings in {path}: it has over {most} bytes, far more than settings need";
    Settings settings_of_every_character(path: &Path) let path = path.display();
        "cannot use the settings in {path}: it uses every private-use character of Unicode, and one must be free";
    Settings no_setting(path: &Path, number: usize) let path = path.display();
        "cannot use the settings in {path}: setting {number} is not NAME=value";
    Settings unknown_settings(path: &Path, unknown: &[String], known: &[&str])
        let path = path.display(), unknown = listed(unknown.iter().map(String::as_str)), known = known.join(", ");
        "cannot use the settings in {path}: it sets {unknown}, but none of {known}"
        ": " "check the spelling";
}

// A token that cannot work, refused before anything is sent.
sentences! {
    Token no_jwt(domain: &str, parts: usize) let what = no_token_of(parts);
        "the token cannot work for {domain}: it is not a JWT ({what})"
        ": " "set MGMT_API_ACCESS_TOKEN to a Management API access token; a client secret goes in CLIENT_SECRET";
    Token token_of_another_tenant(domain: &str, audience: &str, wanted: &str);
        "the token cannot work for {domain}: it is for another tenant ({audience})"
        ": " "set DOMAIN to that tenant, or make a token for {wanted}";
    Token id_token(domain: &str, wanted: &str);
        "the token cannot work for {domain}: it is an ID token, which only says who a user is"
        ": " "use an access token for {wanted}";
    Token token_for_another_api(domain: &str, audience: &str, wanted: &str);
        "the token cannot work for {domain}: it is for {audience}"
        ": " "use an access token for {wanted}";
    Token expired_token(domain: &str, at: u64) let at = utc(at);
        "the token cannot work for {domain}: it expired on {at}"
        ": " "make a new one (dashboard, Applications, APIs, Auth0 Management API, API Explorer)";
}

fn no_token_of(parts: usize) -> &'static str {
    match parts {
        1 => "it has no dots, so it may be a client secret or an opaque token",
        5 => "it is encrypted (five parts)",
        _ => "it is not three base64url parts with dots between them",
    }
}

// What may not be sent.
sentences! {
    MissingScope missing_scope(domain: &str, call: &str, scopes: &[&str])
        let scopes = scopes.join(" or "), known = without_a_look_up(call);
        "{call} was not sent to {domain}: the token lacks the scope {scopes}"
        "; " "add it to the application that makes the token, and make a new one{known}";
    ReadOnly read_only(domain: &str, action: &str);
        "{action} was not sent: {domain} is open read-only"
        "; " "if it is the tenant you mean to change, run `let tenant = tenant.allow_writes(\"{domain}\").or_stop();` first";
    ReadOnly other_domain(domain: &str, named: &str);
        "the tenant stays read-only: allow_writes named `{named}`, but this tenant is {domain}"
        "; " "name {domain} if that is the tenant you mean to change";
}

/// What to do if connections cannot be read.
pub(super) fn without_a_look_up(call: &str) -> &'static str {
    match call {
        "GET /api/v2/connections" => {
            "; if you know the connection's id, use ConnectionId::new(\"con_…\") instead"
        }
        _ => "",
    }
}

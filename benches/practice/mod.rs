//! A practice tenant of a benchmark's own, and users for it.

#[path = "../../tests/it/program.rs"]
mod program;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use auth0_bulk_users::*;

/// It ends when it is dropped.
pub(crate) struct Practice {
    child: Child,
    domain: String,
    token: String,
}

impl Practice {
    pub(crate) fn start(args: &[&str]) -> Practice {
        let mut child = Command::new(program::practice_tenant())
            .args(args)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the practice tenant starts");
        let stdout = child.stdout.take().expect("its stdout is piped");
        let mut lines = BufReader::new(stdout).lines().map(|line| {
            let line = line.expect("its lines are text");
            line.split_once('=')
                .map(|(_, value)| value.to_string())
                .expect("they are NAME=value")
        });
        let (domain, token) = (
            lines.next().expect("DOMAIN"),
            lines.next().expect("a token"),
        );
        Practice {
            child,
            domain,
            token,
        }
    }

    pub(crate) fn open(&self) -> (Tenant, ConnectionId) {
        let tenant = Tenant::new(&self.domain, &self.token).or_stop();
        let connection = get_connection_id(&tenant, "Username-Password-Authentication").or_stop();
        (tenant, connection)
    }
}

impl Drop for Practice {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Users with hashes that are nobody's: hashing is another matter's benchmark.
pub(crate) fn user(number: usize) -> User {
    let username = format!("bulk_{number:07}");
    let email = format!("{username}@uni.test");
    User {
        email_verified: Some(true),
        name: Some(email.clone()),
        nickname: Some(username.clone()),
        username: Some(username),
        password_hash: Some(format!("$2b$10${}", "x".repeat(53))),
        ..User::new(email)
    }
}

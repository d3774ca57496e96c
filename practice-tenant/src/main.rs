//! The practice tenant: an HTTP server on loopback that answers as Auth0's Management API does, for
//! everything a bulk import needs.
//!
//! `endpoints/` has a file for each family of endpoints, and this file which route leads to which. What all of them need to read
//! a request and to answer it is in `http/`: the token, bodies, queries, envelopes, and the layers that each request passes.
//! `state/` remembers: users, jobs and what becomes of their rows, the log, the faults that are switched on. `rules/` says what
//! Auth0 takes and refuses, and remembers nothing. `options.rs` is the command line. It shares no type with the client: a
//! shared misspelling would pass every test.

mod clock;
mod endpoints;
mod http;
mod ids;
mod options;
mod rules;
mod state;

use std::fs;
use std::io::Write;
use std::process::exit;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post, put};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;

use crate::endpoints::{connections, exports, jobs, logs, practice, sign_in, user_changes, users};
use crate::http::{access, answers, layers};
use crate::options::Options;
use crate::state::Tenant;

fn main() {
    let options =
        Options::read(std::env::args().skip(1)).unwrap_or_else(|problem| fail(&problem, 2));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    runtime
        .unwrap_or_else(|cause| fail(&cause.to_string(), 1))
        .block_on(serve(options));
}

fn fail(problem: &str, code: i32) -> ! {
    eprintln!("practice-tenant: {problem}");
    exit(code)
}

async fn serve(options: Options) {
    let port = options.port;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.unwrap_or_else(|cause| {
        fail(&format!("cannot listen on port {port}: {cause}; choose another, or --port 0 for a free one"), 1)
    });
    let base = match listener.local_addr() {
        Ok(address) => format!("http://{address}"),
        Err(cause) => fail(&cause.to_string(), 1),
    };
    let tenant = Arc::new(Tenant::new(base.clone(), options));
    let (faults, seed) = (tenant.options.faults.clone(), tenant.options.seed);
    if let Err(problem) = tenant.set_faults(faults, seed) {
        fail(&problem, 2);
    }
    let lines = tenant.env_lines();
    let file = format!("{lines}PRACTICE_PROOF={}\n", tenant.proof_key);
    if let Some(path) = &tenant.options.env_file
        && let Err(cause) = write_env_file(path, &file)
    {
        fail(&format!("cannot write {path}: {cause}"), 1);
    }
    let mut stdout = std::io::stdout();
    // Nobody reading is no fault.
    let _ = stdout
        .write_all(lines.as_bytes())
        .and_then(|()| stdout.flush());
    tokio::spawn(end_when_forgotten(Arc::clone(&tenant), file));
    tokio::select! {
        () = answer(listener, tenant) => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

/// Answers whoever comes. A request whose head does not come to its end is ended.
async fn answer(listener: tokio::net::TcpListener, tenant: Arc<Tenant>) {
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new());
    server.header_read_timeout(Duration::from_secs(tenant.options.request_seconds));
    let service = TowerToHyperService::new(routes(tenant));
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // The system has no file descriptor left for another connection: wait until one ends.
            clock::wait(Duration::from_millis(50)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let connection = server.serve_connection(TokioIo::new(stream), service.clone());
        // How a connection ends is its client's affair.
        tokio::spawn(async { drop(connection.await) });
    }
}

fn routes(tenant: Arc<Tenant>) -> Router {
    let api = Router::new()
        .route("/connections", get(connections::list))
        .route("/connections/{id}", get(connections::one))
        .route("/connections/{id}/clients", get(connections::clients))
        .route("/jobs/users-imports", post(jobs::create))
        .route("/jobs/users-exports", post(exports::create))
        .route("/jobs/{id}", get(jobs::status))
        .route("/jobs/{id}/errors", get(jobs::errors))
        .route("/users", get(users::list).post(user_changes::create))
        .route("/users-by-email", get(users::by_email))
        .route(
            "/users/{id}",
            get(users::one)
                .delete(users::delete)
                .patch(user_changes::change),
        )
        .route("/logs", get(logs::list))
        .method_not_allowed_fallback(access::wrong_method)
        .layer(from_fn_with_state(Arc::clone(&tenant), layers::limit_rate))
        .layer(from_fn_with_state(
            Arc::clone(&tenant),
            layers::let_faults_happen,
        ))
        .layer(from_fn_with_state(Arc::clone(&tenant), layers::count));
    Router::new()
        .nest("/api/v2", api)
        .route("/exports/{id}/{name}", get(exports::file))
        .route(
            "/oauth/token",
            post(sign_in::token).layer(from_fn_with_state(
                Arc::clone(&tenant),
                layers::let_faults_happen,
            )),
        )
        .route("/practice", get(practice::about))
        .route("/practice/prove", post(practice::prove))
        .route(
            "/practice/faults",
            get(practice::faults).put(practice::set_faults),
        )
        .route("/practice/door", put(practice::door))
        .route("/practice/requests", get(practice::requests))
        .route("/practice/traffic", get(practice::traffic))
        .fallback(answers::no_such_route)
        .method_not_allowed_fallback(answers::wrong_method)
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn(layers::in_envelope))
        .layer(from_fn_with_state(Arc::clone(&tenant), layers::note))
        .layer(from_fn(layers::own_host))
        .with_state(tenant)
}

/// Written aside and moved into place, so that nobody reads half of it; for its owner alone.
fn write_env_file(path: &str, lines: &str) -> std::io::Result<()> {
    let aside = format!("{path}.new");
    let _ = fs::remove_file(&aside);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(&aside)
        .and_then(|mut file| file.write_all(lines.as_bytes()))
        .and_then(|()| fs::rename(&aside, path))
        .inspect_err(|_| drop(fs::remove_file(&aside)))
}

/// A practice tenant that nobody can find (its file is gone, or another's), or that nobody uses, ends.
async fn end_when_forgotten(tenant: Arc<Tenant>, file: String) {
    loop {
        clock::wait(Duration::from_millis(500)).await;
        let lost = tenant
            .options
            .env_file
            .as_ref()
            .is_some_and(|path| fs::read_to_string(path).ok().as_ref() != Some(&file));
        if lost || tenant.is_idle() {
            if let (false, Some(path)) = (lost, &tenant.options.env_file) {
                let _ = fs::remove_file(path);
            }
            exit(0);
        }
    }
}

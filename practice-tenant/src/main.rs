//! The practice tenant: an HTTP server on loopback that answers as Auth0's Management API does, for
//! everything a bulk import needs.
//!
//! `answers.rs` holds the envelopes, `bodies.rs` and `query.rs` read what is asked, `tokens.rs` says who may ask.
//! `connections.rs`, `jobs.rs` (and `work.rs`), `exports.rs`, `users.rs`, `user_changes.rs`, `logs.rs` and `sign_in.rs` have one
//! family of endpoints each. `schema.rs` has the rules for a row, `accounts.rs` what becomes of one, `hashes.rs` which password
//! fits which hash, `search.rs` the language of searches. `memory.rs` and `state.rs` remember, `record.rs` notes what was
//! asked, `proof.rs` shows who answers, `faults.rs` and `cut.rs` let things go wrong on demand, `options.rs` is the command
//! line. It shares no type with the client: a shared misspelling would pass every test.

mod accounts;
mod answers;
mod bodies;
mod clock;
mod connections;
mod cut;
mod digests;
mod exports;
mod faults;
mod hashes;
mod ids;
mod jobs;
mod logs;
mod memory;
mod options;
mod proof;
mod query;
mod record;
mod schema;
mod search;
mod sign_in;
mod slow_hashes;
mod state;
mod tokens;
mod user_changes;
mod users;
mod work;

use std::fs;
use std::io::Write;
use std::process::exit;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post, put};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use serde_json::json;

use options::Options;
use state::Tenant;

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
        .method_not_allowed_fallback(tokens::wrong_method)
        .layer(from_fn_with_state(Arc::clone(&tenant), tokens::limit_rate))
        .layer(from_fn_with_state(Arc::clone(&tenant), faults::apply))
        .layer(from_fn_with_state(Arc::clone(&tenant), record::count));
    Router::new()
        .nest("/api/v2", api)
        .route("/exports/{id}/{name}", get(exports::file))
        .route(
            "/oauth/token",
            post(sign_in::token).layer(from_fn_with_state(Arc::clone(&tenant), faults::apply)),
        )
        .route("/practice", get(about))
        .route("/practice/prove", post(proof::prove))
        .route("/practice/faults", get(faults::read).put(faults::write))
        .route("/practice/door", put(record::door))
        .route("/practice/requests", get(record::read))
        .route("/practice/traffic", get(record::traffic))
        .fallback(answers::no_such_route)
        .method_not_allowed_fallback(answers::wrong_method)
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn(answers::in_envelope))
        .layer(from_fn_with_state(Arc::clone(&tenant), record::note))
        .layer(from_fn(proof::own_host))
        .with_state(tenant)
}

/// What answers here. Anybody can ask; only `/practice/prove` shows that it is the one that was started.
async fn about() -> Response {
    let version = env!("CARGO_PKG_VERSION");
    answers::ok(&json!({"practice_tenant": true, "version": version}))
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

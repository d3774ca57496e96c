//! A call of an endpoint, and its result: an answer, or long work.

use crate::http::message::{Answer, Request};
use crate::rules::scopes::Scopes;
use crate::state::World;

/// A request that has come to its endpoint.
pub(crate) struct Call {
    pub(crate) request: Request,
    /// The pieces of the path that are its own, decoded.
    pub(crate) ids: Vec<String>,
    /// The scopes of the caller's token, if the endpoint requires one.
    pub(crate) scopes: Scopes,
    pub(crate) correlation: Option<String>,
}

pub(crate) type Ended = Result<Outcome, Box<Answer>>;

pub(crate) enum Outcome {
    Now(Answer),
    Later(Work),
}

/// Long work that does not need the tenant, so it can be done while others are answered.
pub(crate) type Work = Box<dyn FnOnce() -> Then + Send>;
/// What follows it.
pub(crate) type Then = Box<dyn FnOnce(&mut World) -> Ended + Send>;

/// The answer that is ready.
pub(crate) fn now(answer: Answer) -> Ended {
    Ok(Outcome::Now(answer))
}

/// Does `work` without the tenant, and then `then` with it.
pub(crate) fn later<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
    then: impl FnOnce(&mut World, T) -> Ended + Send + 'static,
) -> Ended {
    let work = move || -> Then {
        let done = work();
        Box::new(move |world| then(world, done))
    };
    Ok(Outcome::Later(Box::new(work)))
}

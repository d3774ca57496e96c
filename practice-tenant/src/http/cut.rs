//! An answer that breaks off.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_LENGTH;
use axum::response::Response;
use http_body::Frame;

/// An answer that announces `announced` bytes and is cut off after `bytes`.
pub(crate) fn cut(bytes: Bytes, announced: usize) -> Response {
    let mut answer = Response::new(Body::new(Cut(Some(bytes))));
    answer
        .headers_mut()
        .insert(CONTENT_LENGTH, announced.into());
    answer
}

struct Cut(Option<Bytes>);

impl http_body::Body for Cut {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        Poll::Ready(Some(
            match self.0.take().filter(|bytes| !bytes.is_empty()) {
                Some(bytes) => Ok(Frame::data(bytes)),
                None => Err(std::io::ErrorKind::ConnectionReset.into()),
            },
        ))
    }
}

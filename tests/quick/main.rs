#![allow(dead_code)]
#[path = "../it/arrows.rs"]
mod arrows;
#[path = "../it/compare.rs"]
mod compare;
#[path = "../it/process.rs"]
mod process;
#[path = "program.rs"]
mod program;
#[path = "../it/server.rs"]
mod server;
#[path = "../it/tidy.rs"]
mod tidy;

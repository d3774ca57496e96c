pub(crate) fn practice_tenant() -> std::path::PathBuf {
    concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/target/release/practice-tenant"
    )
    .into()
}

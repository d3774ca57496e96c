//! Answers to exercises: right, not yet, none yet, and never a secret.

use auth0_bulk_users::*;

#[test]
fn an_answer_is_known_by_its_digits_and_not_given_away() {
    // The first eight hex digits of the SHA-256 of `2`, as sha256sum gives it.
    assert_eq!(answer_digest(&2), "d4735e3a");
    assert_eq!(answer_digest("two"), answer_digest(&"two".to_string()));
    assert_ne!(answer_digest(&2), answer_digest(&2.0));
    let right = check_answer(&2, " D4735E3A ");
    assert!(right.is_right());
    assert_eq!(right.to_string(), "right");
    let wrong = check_answer(&Some(3), "d4735e3a");
    assert!(!wrong.is_right());
    assert_eq!(
        wrong.to_string(),
        "not yet: Some(3) is not the answer; look again"
    );
    let none = check_answer(&(), "d4735e3a");
    assert!(!none.is_right());
    assert!(none.to_string().starts_with("no answer yet"), "{none}");
    // Digits that are none fit nothing.
    assert!(!check_answer(&2, "").is_right());
    assert!(!check_answer(&(), &answer_digest(&())).is_right());
}

#[test]
fn an_answer_that_holds_a_hash_or_an_order_of_the_kernel_is_shown_without_it() {
    let hash = "$2b$10$CwTycUXWue0Thq9StjUM0uJ8rW1p2bYHhG8d0y9v4ZT0zVqHn3dlm";
    let shown = check_answer(hash, "00000000");
    for text in [shown.to_string(), format!("{shown:?}")] {
        assert!(!text.contains("CwTycUXW"), "{text}");
    }
    let order = check_answer("EVCXR_BEGIN_CONTENT", "00000000").to_string();
    assert!(!order.contains("EVCXR_"), "{order}");
    let long = check_answer(&"x".repeat(500), "00000000").to_string();
    assert!(long.len() < 200, "{long}");
}

//! What is said of what is wrong.

use std::fmt::Display;

/// How long that may be, in bytes: four sections or subjects, each escaped and cut.
const MOST: usize = 2048;

/// Errors are bounded in length, and fit on a line.
pub fn check_text(error: &impl Display) {
    let text = error.to_string();
    assert!(text.len() <= MOST, "an error of {} bytes", text.len());
    assert!(!text.chars().any(char::is_control), "an error with control characters: {text:?}");
}

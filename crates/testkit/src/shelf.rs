//! Sessions of a server that asks, kept by the test.

use handfast::{Answer, Question};
use std::sync::{Mutex, PoisonError};

/// Keeps what it is asked to keep, in its order; a ticket is the number of its place.
#[derive(Default)]
pub struct Shelf(Mutex<Vec<Vec<u8>>>);

impl Shelf {
    /// Answers what is asked about sessions and early data, which it takes. `None` for any other question.
    pub fn answer(&self, question: Question) -> Option<Answer> {
        let mut states = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Some(match question {
            Question::Issue(question) => {
                states.push(question.state().expect("a trust with a name").to_vec());
                question.ticket(states.len().to_be_bytes().to_vec(), None)
            }
            Question::Resume(mut question) => {
                let names: Vec<_> = question.offers().iter().map(|offer| offer.name().to_vec()).collect();
                for (at, name) in names.iter().enumerate() {
                    let place = name.as_slice().try_into().map(usize::from_be_bytes).unwrap_or(0);
                    if let Some(state) = place.checked_sub(1).and_then(|place| states.get(place)) {
                        let _ = question.session(at, state, false);
                    }
                }
                question.done()
            }
            Question::EarlyData(question) => question.accept(),
            _ => return None,
        })
    }

    /// How many sessions it has kept.
    pub fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether it has kept none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

//! When the files are read again: when somebody says so, and when they have changed. Both in one thread, one time after the other.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

/// By which files are asked to be read again.
pub(super) struct Bell(SyncSender<()>);

/// Who hears it.
pub(super) struct Watch(Receiver<()>);

/// Why files may have to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// Somebody has said so.
    Told,
    /// So much time has gone by.
    Time,
}

pub(super) fn pair() -> (Bell, Watch) {
    // Of those who ask while files are being read the first one is heard afterwards, and that is enough for all.
    let (sender, receiver) = sync_channel(1);
    (Bell(sender), Watch(receiver))
}

impl Bell {
    /// Never waits.
    pub(super) fn ring(&self) {
        let _ = self.0.try_send(());
    }
}

impl Watch {
    /// Calls `look` each time that the bell has been rung, and otherwise every `interval`, if there is one, until the bell is gone.
    pub(super) fn each(&self, interval: Option<Duration>, mut look: impl FnMut(Why)) {
        loop {
            // As good as never.
            let interval = interval.unwrap_or(Duration::MAX);
            match self.0.recv_timeout(interval) {
                Ok(()) => look(Why::Told),
                Err(RecvTimeoutError::Timeout) => look(Why::Time),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;
    use std::thread;

    #[test]
    fn those_who_ask_meanwhile_are_heard_together() {
        let (bell, watch) = pair();
        let (begun, has_begun) = channel();
        let (end, may_end) = channel();
        let reader = thread::spawn(move || {
            let mut times = 0;
            watch.each(None, |why| {
                assert_eq!(why, Why::Told);
                times += 1;
                begun.send(()).unwrap();
                may_end.recv().unwrap();
            });
            times
        });
        bell.ring();
        has_begun.recv().unwrap();
        // It is under way, and waits for the end of this test.
        (0..100).for_each(|_| bell.ring());
        end.send(()).unwrap();
        has_begun.recv().unwrap();
        drop(bell);
        end.send(()).unwrap();
        assert_eq!(reader.join().unwrap(), 2);
    }

    #[test]
    fn time_goes_by() {
        let (bell, watch) = pair();
        let mut bell = Some(bell);
        watch.each(Some(Duration::from_millis(1)), |why| {
            assert_eq!(why, Why::Time);
            drop(bell.take());
        });
    }
}

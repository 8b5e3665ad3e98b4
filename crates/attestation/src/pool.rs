//! Where verification runs: a bounded number at once, a bounded number waiting, each within its time.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Semaphore, time::timeout};

use crate::{
    config::Verification,
    error::{Code, Failure},
};

/// Runs work that computes, away from the threads that serve connections.
#[derive(Debug)]
pub(crate) struct Pool {
    running: Arc<Semaphore>,
    admitted: Arc<Semaphore>,
    budget: Duration,
}

impl Pool {
    pub(crate) fn new(config: &Verification) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let parallel = if config.parallel == 0 {
            processors
        } else {
            config.parallel
        };
        Self {
            running: Arc::new(Semaphore::new(parallel)),
            admitted: Arc::new(Semaphore::new(
                parallel.saturating_add(config.waiting).min(Semaphore::MAX_PERMITS),
            )),
            budget: Duration::from_millis(config.budget_ms),
        }
    }

    /// Runs `work` when its turn comes.
    ///
    /// Work that outlives its budget is answered for and goes on to its end in its place: a thread cannot be stopped,
    /// and giving its place away would lift the bound.
    pub(crate) async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
        let busy = || {
            Failure::new(
                Code::ServiceUnavailable,
                "busy",
                "Too many requests are waiting. Try again later.",
            )
        };
        let admitted = Arc::clone(&self.admitted).try_acquire_owned().map_err(|_| busy())?;
        let turn = async {
            let place = Arc::clone(&self.running).acquire_owned().await.map_err(|_| busy())?;
            let work = move || {
                let result = work();
                drop((place, admitted));
                result
            };
            tokio::task::spawn_blocking(work).await.map_err(|error| {
                tracing::error!(%error, "work did not end");
                Failure::new(Code::InternalError, "internal", "The request could not be processed.")
            })
        };
        match timeout(self.budget, turn).await {
            Ok(result) => result,
            Err(_) => Err(Failure::new(
                Code::ServiceUnavailable,
                "timeout",
                "The request took too long.",
            )),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn pool(parallel: usize, waiting: usize, budget_ms: u64) -> Arc<Pool> {
        Arc::new(Pool::new(&Verification {
            parallel,
            waiting,
            budget_ms,
        }))
    }

    #[tokio::test]
    async fn one_too_many_is_turned_away_and_places_come_back() {
        let pool = pool(1, 1, 60_000);
        let (release, held) = std::sync::mpsc::channel::<()>();
        let (began, begun) = tokio::sync::oneshot::channel();
        let busy = tokio::spawn({
            let pool = Arc::clone(&pool);
            async move {
                pool.run(move || {
                    let _ = began.send(());
                    let _ = held.recv();
                })
                .await
            }
        });
        begun.await.unwrap();
        let mut waiting = Box::pin(pool.run(|| 7));
        assert!(futures_poll(&mut waiting).await.is_none());
        assert_eq!(pool.run(|| 8).await.unwrap_err().reason(), "busy");
        release.send(()).unwrap();
        assert_eq!(waiting.await.unwrap(), 7);
        busy.await.unwrap().unwrap();
        assert_eq!(pool.run(|| 9).await.unwrap(), 9);
    }

    /// Polls once.
    async fn futures_poll<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
        std::future::poll_fn(|context| match std::pin::Pin::new(&mut *future).poll(context) {
            std::task::Poll::Ready(output) => std::task::Poll::Ready(Some(output)),
            std::task::Poll::Pending => std::task::Poll::Ready(None),
        })
        .await
    }

    #[tokio::test]
    async fn work_over_its_budget_is_answered_for() {
        let pool = pool(1, 0, 20);
        let (release, held) = std::sync::mpsc::channel::<()>();
        let slow = pool.run(move || held.recv().is_ok()).await.map(|_| ());
        assert_eq!(slow.unwrap_err().reason(), "timeout");
        assert_eq!(
            pool.run(|| ()).await.unwrap_err().reason(),
            "busy",
            "its place is still taken"
        );
        drop(release);
    }

    #[tokio::test]
    async fn work_that_panics_is_an_internal_error() {
        #[allow(clippy::panic)]
        let broken: Result<(), Failure> = pool(1, 0, 60_000).run(|| panic!("broken")).await;
        let failure: Failure = broken.unwrap_err();
        assert_eq!(failure.code(), Code::InternalError);
    }
}

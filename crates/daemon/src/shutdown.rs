//! Stopping in good order.

use tokio::sync::watch;

/// A request to stop that every part of a service can wait for. Clones are the same request.
#[derive(Clone, Debug)]
pub struct Shutdown {
    asked: watch::Sender<bool>,
}

impl Default for Shutdown {
    fn default() -> Self {
        Self {
            asked: watch::channel(false).0,
        }
    }
}

impl Shutdown {
    /// A request that nobody has made yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the request.
    pub fn request(&self) {
        self.asked.send_replace(true);
    }

    /// Whether the request was made.
    #[must_use]
    pub fn requested(&self) -> bool {
        *self.asked.borrow()
    }

    /// Waits until the request is made.
    pub async fn wait(&self) {
        let mut seen = self.asked.subscribe();
        // The sender lives as long as `self`, so this ends only when the value turns true.
        let _ = seen.wait_for(|asked| *asked).await;
    }

    /// Waits for SIGINT or SIGTERM (Ctrl-C elsewhere), then makes the request.
    ///
    /// # Errors
    /// What the operating system says if the signals cannot be waited for.
    pub async fn on_signals(&self) -> std::io::Result<()> {
        let signal = next_signal().await?;
        tracing::info!(signal, "stopping");
        self.request();
        Ok(())
    }
}

#[cfg(unix)]
async fn next_signal() -> std::io::Result<&'static str> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(tokio::select! {
        _ = interrupt.recv() => "SIGINT",
        _ = terminate.recv() => "SIGTERM",
    })
}

#[cfg(not(unix))]
async fn next_signal() -> std::io::Result<&'static str> {
    tokio::signal::ctrl_c().await?;
    Ok("Ctrl-C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_clone_sees_the_request() {
        let shutdown = Shutdown::new();
        let other = shutdown.clone();
        let waiting = tokio::spawn(async move { other.wait().await });
        assert!(!shutdown.requested());
        shutdown.request();
        assert!(waiting.await.is_ok());
        shutdown.wait().await;
    }
}

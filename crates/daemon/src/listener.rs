//! The TLS listener: accepts, limits, and stops in good order.

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body};
use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
};
use rustls::ServerConfig;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Notify, Semaphore},
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use crate::{Shutdown, config::Limits, unread::Unread};

/// Streams of one HTTP/2 connection that are served at once.
const MAX_STREAMS: u32 = 128;
/// Pause after the operating system refused to accept (mostly: no file descriptors left).
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The listener cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}")]
pub struct ListenError {
    /// The address asked for.
    pub address: SocketAddr,
    /// What the operating system said.
    #[source]
    pub source: io::Error,
}

/// An open TLS socket that is not served yet.
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    acceptor: TlsAcceptor,
    limits: Limits,
}

impl Listener {
    /// Opens `address`; port 0 takes a free one.
    ///
    /// # Errors
    /// [`ListenError`] if the address is in use or not this machine's.
    pub async fn bind(address: SocketAddr, tls: Arc<ServerConfig>, limits: Limits) -> Result<Self, ListenError> {
        let fault = |source| ListenError { address, source };
        let socket = TcpListener::bind(address).await.map_err(fault)?;
        let address = socket.local_addr().map_err(fault)?;
        Ok(Self {
            socket,
            address,
            acceptor: TlsAcceptor::from(tls),
            limits,
        })
    }

    /// The address, with the port that was taken.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Serves `router` until `shutdown` is requested; then lets open requests end, as long as the grace lasts.
    pub async fn serve(self, router: Router, shutdown: Shutdown) {
        let slots = Arc::new(Semaphore::new(self.limits.max_connections));
        let graceful = GracefulShutdown::new();
        let server = Arc::new(connection_builder(&self.limits));
        loop {
            // Without a free slot nothing is accepted: what comes waits in the operating system's queue.
            let slot = tokio::select! {
                slot = Arc::clone(&slots).acquire_owned() => slot,
                () = shutdown.wait() => break,
            };
            let accepted = tokio::select! {
                accepted = self.socket.accept() => accepted,
                () = shutdown.wait() => break,
            };
            let stream = match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let connection = Connection {
                acceptor: self.acceptor.clone(),
                server: Arc::clone(&server),
                router: router.clone(),
                limits: self.limits.clone(),
                watcher: graceful.watcher(),
            };
            tokio::spawn(async move {
                connection.serve(stream).await;
                drop(slot);
            });
        }
        drop(self.socket);
        let grace = Duration::from_secs(self.limits.shutdown_grace_seconds);
        if timeout(grace, graceful.shutdown()).await.is_err() {
            tracing::warn!("some requests did not end within the grace and were cut off");
        }
    }
}

fn connection_builder(limits: &Limits) -> auto::Builder<TokioExecutor> {
    let head = Duration::from_secs(limits.header_timeout_seconds);
    let mut server = auto::Builder::new(TokioExecutor::new());
    server
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(head)
        .max_buf_size(64 << 10);
    server
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(64 << 10)
        .keep_alive_interval(head)
        .keep_alive_timeout(head);
    server
}

struct Connection {
    acceptor: TlsAcceptor,
    server: Arc<auto::Builder<TokioExecutor>>,
    router: Router,
    limits: Limits,
    watcher: hyper_util::server::graceful::Watcher,
}

impl Connection {
    async fn serve(self, stream: TcpStream) {
        let _ = stream.set_nodelay(true);
        let head = Duration::from_secs(self.limits.header_timeout_seconds);
        let stream = match timeout(head, self.acceptor.accept(stream)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return tracing::debug!(%error, "TLS handshake failed"),
            Err(_) => return tracing::debug!("TLS handshake took too long"),
        };
        let (router, limits) = (self.router, self.limits);
        let asked = Arc::new(Notify::new());
        let asking = Arc::clone(&asked);
        let service = service_fn(move |request: Request<Incoming>| {
            asking.notify_one();
            let request = request.map(|body| Body::new(Unread::new(body, &limits)));
            let router = router.clone();
            async move { Ok::<_, Infallible>(respond(router, request).await) }
        });
        let connection = self.server.serve_connection(TokioIo::new(stream), service).into_owned();
        // The server's own time for a head begins when it knows the version of HTTP, which a silent client never says.
        let silent = async {
            if timeout(head, asked.notified()).await.is_ok() {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            ended = self.watcher.watch(connection) => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "connection ended early");
                }
            }
            () = silent => tracing::debug!("no request came in time"),
        }
    }
}

async fn respond(router: Router, request: Request<Body>) -> axum::response::Response {
    match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

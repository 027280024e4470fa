//! A go-between that loses one message: on its way to the server, or the answer on its way back.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};

use sqlx::postgres::PgConnectOptions;

/// What is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// The message: the server never hears of it.
    Question = 1,
    /// The answer: the server has done what was asked.
    Answer = 2,
}

/// A socket that leads to the tests' server, and loses the connection at a commit that a test chooses.
pub struct Proxy {
    folder: tempfile::TempDir,
    plan: Arc<Plan>,
}

/// Which commit is hit, counted from now on, and what of it is lost.
struct Plan {
    left: AtomicI64,
    loss: AtomicU8,
}

impl Proxy {
    /// Begins to listen.
    pub fn new() -> Self {
        let folder = super::folder();
        let plan = Arc::new(Plan { left: AtomicI64::new(0), loss: AtomicU8::new(0) });
        let listener = UnixListener::bind(folder.path().join(".s.PGSQL.5432")).expect("a socket");
        std::thread::spawn({
            let plan = plan.clone();
            move || {
                for client in listener.incoming().map_while(Result::ok) {
                    let (Some(server), plan) = (Stream::to_server(), plan.clone()) else { continue };
                    std::thread::spawn(move || go_between(Stream::Unix(client), server, &plan));
                }
            }
        });
        Self { folder, plan }
    }

    /// The same place, by this way.
    pub fn url(&self, url: &str) -> String {
        let (server, options) = url.split_once('?').unwrap_or((url, ""));
        let database = server.rsplit('/').next().expect("a database");
        let user = server.split("://").nth(1).and_then(|s| s.split_once('@')).expect("a user").0;
        let rest: Vec<&str> = options.split('&').filter(|o| !o.starts_with("host=")).collect();
        format!("postgres://{user}@localhost/{database}?host={}&{}", self.folder.path().display(), rest.join("&"))
    }

    /// Loses the n-th commit from now on.
    pub fn lose(&self, n: i64, loss: Loss) {
        self.plan.loss.store(loss as u8, Ordering::SeqCst);
        self.plan.left.store(n, Ordering::SeqCst);
    }

    /// True where it has come to that; loses nothing any more.
    pub fn has_lost(&self) -> bool {
        self.plan.left.swap(0, Ordering::SeqCst) <= 0
    }
}

/// Carries bytes to and fro until one side ends, or the plan does.
fn go_between(client: Stream, server: Stream, plan: &Arc<Plan>) {
    let muted = Arc::new(AtomicU8::new(0));
    let back = {
        let (mut client, mut server, muted) = (client.again(), server.again(), muted.clone());
        move || {
            let mut bytes = [0; 1 << 16];
            while let Ok(n @ 1..) = server.read(&mut bytes) {
                let part = bytes.get(..n).unwrap_or_default();
                if muted.load(Ordering::SeqCst) == 0 {
                    if client.write_all(part).is_err() {
                        break;
                    }
                } else if part.len() >= 6 && part[part.len() - 6..part.len() - 1] == *b"Z\0\0\0\x05" {
                    // The server is ready for the next question: the whole answer is here, and goes no further.
                    break;
                }
            }
            client.end();
            server.end();
        }
    };
    std::thread::spawn(back);
    let (mut client, mut server) = (client, server);
    let mut bytes = [0; 1 << 16];
    while let Ok(n @ 1..) = client.read(&mut bytes) {
        let part = bytes.get(..n).unwrap_or_default();
        // The body of a commit names its document; nothing else that is asked does.
        if part.windows(6).any(|w| w == b"\"doc\":") && plan.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            if plan.loss.load(Ordering::SeqCst) == Loss::Question as u8 {
                break;
            }
            muted.store(1, Ordering::SeqCst);
        }
        if server.write_all(part).is_err() {
            break;
        }
    }
    if muted.load(Ordering::SeqCst) == 0 {
        client.end();
        server.end();
    }
}

/// A connection of either kind.
enum Stream {
    Unix(UnixStream),
    Tcp(TcpStream),
}

impl Stream {
    /// To the tests' server.
    fn to_server() -> Option<Self> {
        let options: PgConnectOptions = super::postgres_url().parse().ok()?;
        let socket = match options.get_socket() {
            Some(folder) => Some(folder.clone()),
            None => options.get_host().starts_with('/').then(|| PathBuf::from(options.get_host())),
        };
        match socket {
            Some(folder) => UnixStream::connect(folder.join(format!(".s.PGSQL.{}", options.get_port()))).ok().map(Self::Unix),
            None => TcpStream::connect((options.get_host(), options.get_port())).ok().map(Self::Tcp),
        }
    }

    fn again(&self) -> Self {
        match self {
            Self::Unix(s) => Self::Unix(s.try_clone().expect("a socket")),
            Self::Tcp(s) => Self::Tcp(s.try_clone().expect("a socket")),
        }
    }

    /// What is closed already stays so.
    fn end(&self) {
        drop(match self {
            Self::Unix(s) => s.shutdown(Shutdown::Both),
            Self::Tcp(s) => s.shutdown(Shutdown::Both),
        });
    }
}

impl Read for Stream {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::Unix(s) => s.read(bytes),
            Self::Tcp(s) => s.read(bytes),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::Unix(s) => s.write(bytes),
            Self::Tcp(s) => s.write(bytes),
        }
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

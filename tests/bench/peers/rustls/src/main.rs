//! A TLS echo with tokio and rustls (cryptography: ring): one task for each connection.
//!
//!     rustls-echo PORT CERTIFICATE KEY
//!
//! One thread, because the comparison gives each server one CPU.

use std::{env, error::Error, fs::File, io, io::BufReader, sync::Arc};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::rustls::{self, Certificate, PrivateKey, ServerConfig, Ticketer};
use tokio_rustls::TlsAcceptor;

/// One record holds at most 16 KiB (RFC 8446, 5.1).
const RECORD_SIZE: usize = 16 << 10;

fn settings(certificate: &str, key: &str) -> Result<ServerConfig, Box<dyn Error>> {
    let chain = rustls_pemfile::certs(&mut BufReader::new(File::open(certificate)?))?;
    let keys = rustls_pemfile::pkcs8_private_keys(&mut BufReader::new(File::open(key)?))?;
    let key = keys.into_iter().next().ok_or("no private key")?;
    let mut settings = ServerConfig::builder()
        .with_safe_default_cipher_suites()
        .with_kx_groups(&[&rustls::kx_group::X25519, &rustls::kx_group::SECP256R1])
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain.into_iter().map(Certificate).collect(), PrivateKey(key))?;
    settings.ticketer = Ticketer::new()?; // stateless tickets, as the other servers have them
    Ok(settings)
}

async fn echo(socket: TcpStream, acceptor: TlsAcceptor) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let mut peer = acceptor.accept(socket).await?;
    let mut data = vec![0; RECORD_SIZE];
    loop {
        let size = peer.read(&mut data).await?;
        if size == 0 {
            return peer.shutdown().await; // says close_notify
        }
        peer.write_all(&data[..size]).await?;
        peer.flush().await?;
    }
}

async fn serve(port: u16, settings: ServerConfig) -> Result<(), Box<dyn Error>> {
    let acceptor = TlsAcceptor::from(Arc::new(settings));
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    loop {
        let (socket, _) = listener.accept().await?;
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            let _ = echo(socket, acceptor).await; // a connection that breaks is its own affair
        });
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().collect();
    if arguments.len() != 4 {
        return Err("usage: rustls-echo PORT CERTIFICATE KEY".into());
    }
    let settings = settings(&arguments[2], &arguments[3])?;
    tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?
        .block_on(serve(arguments[1].parse()?, settings))
}

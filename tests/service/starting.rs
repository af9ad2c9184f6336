//! Services that cannot start, and what they say about it.

use std::net::{TcpListener, UdpSocket};
use std::path::Path;

use switchboard::service::store::{FILE, OpenError};
use switchboard::service::{Service, ServiceOptions, StartError};
use tempfile::tempdir;

use crate::support::{TestService, alice_and_bob, connect, options};

/// Why a service with these options does not start.
async fn refusal(options: ServiceOptions) -> StartError {
    match Service::start(options).await {
        Ok(_) => panic!("the service started"),
        Err(why) => why,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_http_port_names_the_flag_that_changes_it() {
    let (folder, taken) = (tempdir().unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
    let listen = taken.local_addr().unwrap();
    let why = refusal(ServiceOptions { listen, ..options(folder.path()) }).await;
    assert!(matches!(why, StartError::Listen { at, .. } if at == listen), "{why:?}");
    assert!(why.to_string().contains(&format!("{listen}")) && why.to_string().contains("--listen"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_media_port_names_the_flag_that_changes_it() {
    let (folder, taken) = (tempdir().unwrap(), UdpSocket::bind("127.0.0.1:0").unwrap());
    let media = taken.local_addr().unwrap();
    let why = refusal(ServiceOptions { media, ..options(folder.path()) }).await;
    assert!(matches!(why, StartError::Media { .. }), "{why:?}");
    assert!(why.to_string().contains(&format!("{media}")) && why.to_string().contains("--media"), "{why}");
    // Nothing is left behind of the try.
    Service::start(options(folder.path())).await.unwrap().stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_belongs_to_one_service() {
    let service = TestService::start().await;
    let why = refusal(options(service.folder.path())).await;
    assert!(matches!(&why, StartError::Locked { folder } if folder == service.folder.path()), "{why:?}");
    assert!(why.to_string().contains("--data"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_cannot_be_one_is_refused() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "not a folder").unwrap();
    for wrong in [file.as_path(), &file.join("below"), Path::new("/dev/null/below")] {
        let why = refusal(options(wrong)).await;
        assert!(matches!(&why, StartError::Folder { folder, .. } if folder == wrong), "{why:?}");
        assert!(why.to_string().contains("--data"), "{why}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_cannot_be_written_is_refused() {
    // Nobody can, not even root.
    let folder = Path::new("/proc/self");
    if folder.is_dir() {
        let why = refusal(options(folder)).await;
        assert!(matches!(&why, StartError::Folder { .. }), "{why:?}");
        assert!(why.to_string().contains("--data"), "{why}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_database_is_left_alone() {
    let folder = tempdir().unwrap();
    let garbage = vec![0x5a; 8192];
    std::fs::write(folder.path().join(FILE), &garbage).unwrap();
    let why = refusal(options(folder.path())).await;
    assert!(matches!(&why, StartError::Store(OpenError::NotADatabase { .. })), "{why:?}");
    assert!(why.to_string().contains("backup"), "{why}");
    assert_eq!(std::fs::read(folder.path().join(FILE)).unwrap(), garbage);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_somebody_else_holds_is_said_to_be_locked() {
    let folder = tempdir().unwrap();
    Service::start(options(folder.path())).await.unwrap().stop().await;
    let file = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.path().join(FILE));
    let holder = sqlx::SqlitePool::connect_with(file).await.unwrap();
    let held = holder.begin_with("BEGIN EXCLUSIVE").await.unwrap();
    let why = refusal(options(folder.path())).await;
    assert!(matches!(&why, StartError::Store(OpenError::Locked { .. })), "{why:?}");
    assert!(why.to_string().contains("Stop the other service"), "{why}");
    held.rollback().await.unwrap();
    holder.close().await;
    Service::start(options(folder.path())).await.unwrap().stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_of_one_account_keeps_nobody_else_from_calling() {
    let folder = tempdir().unwrap();
    Service::start(options(folder.path())).await.unwrap().stop().await;
    let file = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.path().join(FILE));
    let store = sqlx::SqlitePool::connect_with(file).await.unwrap();
    let damage = sqlx::query("UPDATE identities SET presence = 'asleep' WHERE user_name = 'carol'");
    assert_eq!(damage.execute(&store).await.unwrap().rows_affected(), 1);
    store.close().await;
    let options = options(folder.path());
    let service = TestService::with(folder, options).await;
    let (mut alice, mut bob) = alice_and_bob(&service, service.account("alice").await).await;
    connect(&mut alice, &mut bob).await;
}

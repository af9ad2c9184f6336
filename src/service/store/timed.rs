//! The open database, which measures what its statements take.

use std::ops::Deref;
use std::time::Instant;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use prometheus_client::metrics::histogram::Histogram;
use sqlx::sqlite::{SqliteQueryResult, SqliteRow, SqliteStatement, SqliteTypeInfo};
use sqlx::{Either, Execute, Executor, SqlStr, Sqlite};

use crate::base::clock;

/// The buckets, in seconds: a read takes less than a millisecond, a write what the disk takes to keep it.
const BUCKETS: [f64; 10] = [0.0001, 0.000_5, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0];

/// The open database; cheap to clone.
#[derive(Debug, Clone)]
pub struct Db {
    pool: sqlx::SqlitePool,
    statements: Histogram,
    waits: Histogram,
}

impl Db {
    pub(super) fn new(pool: sqlx::SqlitePool) -> Self {
        Self { pool, statements: Histogram::new(BUCKETS), waits: Histogram::new(BUCKETS) }
    }

    /// What statements on their own took, in seconds, waiting for a connection included.
    pub fn statements(&self) -> Histogram {
        self.statements.clone()
    }

    /// How long transactions that write waited for their turn, in seconds.
    pub fn waits(&self) -> Histogram {
        self.waits.clone()
    }

    /// Measures from now until it is dropped.
    pub(super) fn waiting(&self) -> Timer {
        Timer { into: self.waits.clone(), began: clock::now() }
    }

    fn timer(&self) -> Timer {
        Timer { into: self.statements.clone(), began: clock::now() }
    }
}

impl Deref for Db {
    type Target = sqlx::SqlitePool;

    fn deref(&self) -> &sqlx::SqlitePool {
        &self.pool
    }
}

/// Measures for as long as it is there.
pub(super) struct Timer {
    into: Histogram,
    began: Instant,
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.into.observe(clock::now().saturating_duration_since(self.began).as_secs_f64());
    }
}

impl<'p> Executor<'p> for &Db {
    type Database = Sqlite;

    fn fetch_many<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxStream<'e, Result<Either<SqliteQueryResult, SqliteRow>, sqlx::Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Sqlite>,
    {
        let timer = self.timer();
        // Owned by the stream, the timer ends with it.
        let measured = move |row| {
            let _running = &timer;
            row
        };
        self.pool.fetch_many(query).map(measured).boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<SqliteRow>, sqlx::Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Sqlite>,
    {
        let (timer, fetched) = (self.timer(), self.pool.fetch_optional(query));
        Box::pin(async move {
            let row = fetched.await;
            drop(timer);
            row
        })
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [SqliteTypeInfo],
    ) -> BoxFuture<'e, Result<SqliteStatement, sqlx::Error>>
    where
        'p: 'e,
    {
        self.pool.prepare_with(sql, parameters)
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<sqlx::Describe<Sqlite>, sqlx::Error>>
    where
        'p: 'e,
    {
        self.pool.describe(sql)
    }
}

//! The attacks, as data: what is tried, by whom, on which database, and how it ends. `docs/attacks.md` is made from it.

use bincard::domain::Decision;

use super::forged;

/// Who tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// SQLite: another program on the file.
    Program,
    /// SQLite: a program that takes the guards off and puts them back.
    Tamperer,
    /// PostgreSQL: the role that bincard logs in as.
    Service,
    /// PostgreSQL: the role that owns the tables.
    Owner,
    /// PostgreSQL: a superuser.
    Superuser,
}

/// How it is tried.
#[derive(Debug, Clone, Copy)]
pub enum How {
    /// Statements; `{schema}` is the schema of PostgreSQL.
    Sql(&'static str),
    /// A statement, once for every guarded table.
    EveryTable(&'static str),
    /// A statement whose argument is sent beside it, on a server that repeats arguments in what it says of a call.
    Told(&'static str, &'static str),
    /// Statements with all guards off, which stand as before when anybody looks.
    GuardsOff(&'static str),
    /// A decision of the library, changed before it is committed; its hash is right.
    Forged(fn(&mut Decision)),
    /// A call of the commit procedure with JSON written by hand: what differs from a good one, whose hash is not right.
    Body(&'static str),
    /// Bytes of the file, changed with an editor.
    Bytes(&'static str, &'static str),
}

/// How it ends.
#[derive(Debug, Clone, Copy)]
pub enum End {
    /// The database refuses it with these words.
    Refused(&'static str),
    /// Verify finds it: the kind of finding, and words that name the row.
    Found(&'static str, &'static str),
}

/// One attack on one database.
#[derive(Debug, Clone, Copy)]
pub struct Try {
    pub who: Who,
    pub how: How,
    pub end: End,
}

/// One attack; absent where a database has nothing of the kind.
pub struct Attack {
    pub name: &'static str,
    pub sqlite: Option<Try>,
    pub postgres: Option<Try>,
}

use End::{Found, Refused};
use How::{Body, Bytes, EveryTable, Forged, GuardsOff, Sql, Told};
use Who::{Owner, Program, Service, Superuser, Tamperer};

/// On a SQLite file only.
const fn lite(name: &'static str, who: Who, how: How, end: End) -> Attack {
    Attack { name, sqlite: Some(Try { who, how, end }), postgres: None }
}

/// On a PostgreSQL server only.
const fn server(name: &'static str, who: Who, how: How, end: End) -> Attack {
    Attack { name, sqlite: None, postgres: Some(Try { who, how, end }) }
}

/// The same on both, with the same end; by another program on the file, and by a role of the server.
const fn both(name: &'static str, who: Who, how: How, end: End) -> Attack {
    Attack { name, sqlite: Some(Try { who: Program, how, end }), postgres: Some(Try { who, how, end }) }
}

/// Written with the guards off, on both.
const fn off(name: &'static str, sql: &'static str, code: &'static str, words: &'static str) -> Attack {
    let end = Found(code, words);
    Attack { name, sqlite: Some(Try { who: Tamperer, how: GuardsOff(sql), end }), postgres: Some(Try { who: Superuser, how: GuardsOff(sql), end }) }
}

/// The commit procedure called with a decision that nobody decided, on both.
const fn forged(name: &'static str, change: fn(&mut Decision), end: End) -> Attack {
    both(name, Service, Forged(change), end)
}

/// The commit procedure called with JSON written by hand, on both.
const fn body(name: &'static str, patch: &'static str, end: End) -> Attack {
    both(name, Service, Body(patch), end)
}

const DENIED: End = Refused("permission denied");
const BY_HAND: End = Refused("bincard: ");
const STOCK: End = Refused("stock is not edited by hand; fire a transition, or open a stock count");
const NO_COMMAND: End = Refused("bincard: this is not a command; fire a transition");
const NO_CLAUSE: End = Refused("bincard: a command takes no conflict clause; fire a transition");
const AGAIN: End = Refused("load and decide again");
const CLOSED: End = Refused("the books of that time are closed");
const BALANCE: End = Found("balance", "its moves add up to");

/// A small command that would pass, but for the clause in front of it.
const HALF_A_COMMAND: &str = "INTO command VALUES ('book', '', 'forged', 0, jsonb('{\"name\":\"n\",\"files\":\"f\"}'))";

/// Statements on the tables.
pub const DIRECT: &[Attack] = &[
    both("insert a row into any guarded table", Owner, EveryTable("INSERT INTO {table} SELECT * FROM {table} LIMIT 1"), BY_HAND),
    both(
        "insert, and pass over what is there",
        Owner,
        EveryTable("INSERT INTO {table} SELECT * FROM {table} WHERE 1 = 1 LIMIT 1 ON CONFLICT DO NOTHING"),
        BY_HAND,
    ),
    lite(
        "upsert",
        Program,
        EveryTable("INSERT INTO {table} SELECT * FROM {table} WHERE 1 = 1 LIMIT 1 ON CONFLICT DO UPDATE SET {column} = excluded.{column}"),
        BY_HAND,
    ),
    lite("insert or replace", Program, EveryTable("INSERT OR REPLACE INTO {table} SELECT * FROM {table} LIMIT 1"), BY_HAND),
    lite("insert or ignore", Program, EveryTable("INSERT OR IGNORE INTO {table} SELECT * FROM {table} LIMIT 1"), BY_HAND),
    both("update any guarded table", Owner, EveryTable("UPDATE {table} SET {column} = {column}"), BY_HAND),
    both("update from another table", Owner, EveryTable("UPDATE {table} SET {column} = 'x' FROM (SELECT 1 AS one) o WHERE o.one = 1"), BY_HAND),
    lite("update or replace", Program, EveryTable("UPDATE OR REPLACE {table} SET {column} = 'x'"), BY_HAND),
    lite("update or fail", Program, EveryTable("UPDATE OR FAIL {table} SET {column} = 'x'"), BY_HAND),
    both("delete from any guarded table", Owner, EveryTable("DELETE FROM {table}"), BY_HAND),
    server("delete inside of a query", Owner, EveryTable("WITH gone AS (DELETE FROM {table} RETURNING 1) SELECT * FROM gone"), BY_HAND),
    server("truncate", Owner, EveryTable("TRUNCATE {table} CASCADE"), BY_HAND),
    server("merge that deletes", Owner, EveryTable("MERGE INTO {table} t USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE"), BY_HAND),
    server("copy into any guarded table", Superuser, EveryTable("COPY {table} FROM '/dev/null'"), BY_HAND),
    server("insert as the service", Service, EveryTable("INSERT INTO {table} SELECT * FROM {table} LIMIT 1"), DENIED),
    server("update as the service", Service, EveryTable("UPDATE {table} SET {column} = {column}"), DENIED),
    server("delete as the service", Service, EveryTable("DELETE FROM {table}"), DENIED),
    server("truncate as the service", Service, EveryTable("TRUNCATE {table}"), DENIED),
    server("drop a table as the service", Service, EveryTable("DROP TABLE {table} CASCADE"), Refused("must be owner")),
    server("lock rows as the service, so that nobody can work", Service, EveryTable("SELECT * FROM {table} FOR UPDATE"), DENIED),
    server("lock tables as the service", Service, EveryTable("BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"), DENIED),
    both("raise a balance", Superuser, Sql("UPDATE stock SET quantity = 99000 WHERE party = 'PUNE'"), STOCK),
    both(
        "raise a balance through a view of one's own",
        Superuser,
        Sql("BEGIN; CREATE VIEW mine AS SELECT * FROM stock; UPDATE stock SET quantity = 1 WHERE EXISTS (SELECT 1 FROM mine)"),
        STOCK,
    ),
    both(
        "post a move for a raised balance",
        Superuser,
        Sql(
            "INSERT INTO move SELECT bu, doc, revision, 99, line, part, lot, serial, quantity, rate, from_party, from_bin, from_doc, from_line, from_condition, from_owner, from_pool, to_party, to_bin, to_doc, to_line, to_condition, to_owner, to_pool, recorded_at, effective_at FROM move LIMIT 1",
        ),
        Refused("a move is not posted by hand; fire a transition"),
    ),
    both(
        "edit the SAP reference of a lot",
        Superuser,
        Sql("UPDATE lot SET so = '4500099999'"),
        Refused("a lot is not edited by hand; fire a transition that receives it"),
    ),
    both(
        "edit the journal",
        Superuser,
        Sql("UPDATE event SET actor = 'asha' WHERE actor <> 'asha' OR 1 = 1"),
        Refused("the journal is not edited by hand; fire a transition"),
    ),
    both(
        "forget the last event of a document",
        Superuser,
        Sql("DELETE FROM event WHERE revision = 2"),
        Refused("the journal is not edited by hand; fire a transition"),
    ),
    both(
        "edit the number of a document",
        Superuser,
        Sql("UPDATE document SET number = 'STS/26-27/09999'"),
        Refused("a document is not edited by hand; fire a transition"),
    ),
    both("set back a series of numbers", Superuser, Sql("UPDATE series SET last = 0"), Refused("numbers are not given by hand; fire a transition")),
    both(
        "edit a printed paper",
        Superuser,
        Sql("UPDATE paper SET to_party = 'MUM'"),
        Refused("a paper is not edited by hand; fire a transition that issues or closes it"),
    ),
    both(
        "forgive a debt",
        Superuser,
        Sql("UPDATE obligation SET open = 0"),
        Refused("an obligation is not edited by hand; fire a transition that settles, waives or debits it"),
    ),
    both("edit the flows of running documents", Superuser, Sql("UPDATE book SET files = '{}'"), Refused("a book is not edited by hand; deploy a new one")),
    both(
        "take the tracking off a part",
        Superuser,
        Sql("UPDATE part SET body = '{}'"),
        Refused("master data is not edited by hand; change its file and run `bincard load`"),
    ),
    both("edit a rate", Superuser, Sql("UPDATE rate SET rate = 1"), Refused("master data is not edited by hand; change its file and run `bincard load`")),
    both(
        "grant oneself a role of the flows",
        Superuser,
        Sql("UPDATE person SET body = '{}'"),
        Refused("master data is not edited by hand; change its file and run `bincard load`"),
    ),
    both("push a deadline away", Superuser, Sql("DELETE FROM timer"), Refused("timers are not edited by hand; fire a transition")),
    both(
        "hold a timer so that it never rings",
        Superuser,
        Sql("UPDATE timer SET held_until = 9000000000000000000"),
        Refused("timers are not edited by hand; fire a transition"),
    ),
    both(
        "hold a message so that nobody hears of it",
        Superuser,
        Sql("UPDATE outbox SET held_until = 9000000000000000000"),
        Refused("messages are not edited by hand; fire a transition"),
    ),
    both(
        "restore rows from a backup",
        Superuser,
        Sql("INSERT INTO stock SELECT bu, party, part, bin, doc, line, condition, owner, pool, lot, 'S9', quantity FROM stock LIMIT 1"),
        STOCK,
    ),
];

/// What only SQLite has.
pub const FILE: &[Attack] = &[
    lite("a command under OR FAIL, to leave half of it and the gate open", Program, Sql("INSERT OR FAIL {half}"), NO_CLAUSE),
    lite("a command under OR ABORT", Program, Sql("INSERT OR ABORT {half}"), NO_CLAUSE),
    lite("a command under OR ROLLBACK", Program, Sql("INSERT OR ROLLBACK {half}"), NO_CLAUSE),
    lite("a command under OR REPLACE", Program, Sql("INSERT OR REPLACE {half}"), NO_CLAUSE),
    lite("a command under OR IGNORE, to skip what does not fit", Program, Sql("INSERT OR IGNORE {half}"), BY_HAND),
    lite("the same with checks switched off", Program, Sql("PRAGMA ignore_check_constraints = ON; INSERT OR FAIL {half}"), NO_CLAUSE),
    lite("a command with triggers that run inside of themselves", Program, Sql("PRAGMA recursive_triggers = ON; INSERT {half}"), NO_COMMAND),
    lite("open the gate by hand", Program, Sql("INSERT INTO gate VALUES (1, 1)"), NO_COMMAND),
    lite("open the gate by hand, passing over what fails", Program, Sql("INSERT OR IGNORE INTO gate VALUES (1, 1); UPDATE stock SET quantity = 1"), NO_COMMAND),
    lite(
        "open the gate by hand, with triggers that run inside of themselves",
        Program,
        Sql("PRAGMA recursive_triggers = ON; INSERT INTO gate VALUES (1, 1)"),
        NO_COMMAND,
    ),
    lite(
        "do the task without the command",
        Program,
        Sql("INSERT INTO task VALUES ('book', '', 'forged', 0, jsonb('{\"name\":\"n\",\"files\":\"f\"}'))"),
        BY_HAND,
    ),
    lite(
        "do a part of a commit without the command",
        Program,
        Sql("INSERT INTO commit_last VALUES ('ac', 'D1', 2, jsonb('{\"document\":{\"workflow\":\"w\"},\"claims\":[{\"claim_key\":\"k\",\"until\":\"[]\"}]}'))"),
        Refused("a claim is not edited by hand; fire a transition"),
    ),
    lite("a command of no known kind", Program, Sql("INSERT INTO command VALUES ('open sesame', 'ac', 'D1', 1, '{}')"), NO_COMMAND),
    lite("a command without a kind", Program, Sql("INSERT INTO command VALUES (NULL, 'ac', 'D1', 1, jsonb('{}'))"), NO_COMMAND),
    lite("a command whose body is no JSON", Program, Sql("INSERT INTO command VALUES ('commit', 'ac', 'D1', 1, 'no json')"), NO_COMMAND),
    lite("edit the list of commands", Program, Sql("UPDATE command SET kind = 'commit'"), Refused("cannot modify command because it is a view")),
    lite(
        "copy stock from another file",
        Program,
        Sql("BEGIN; CREATE TEMP TABLE other AS SELECT * FROM stock; INSERT INTO main.stock SELECT * FROM other"),
        STOCK,
    ),
    lite(
        "a trigger of one's own that rides on a command",
        Program,
        Sql(
            "CREATE TEMP TRIGGER ride INSTEAD OF INSERT ON main.task BEGIN UPDATE stock SET quantity = quantity + 1000 WHERE party = 'PUNE' AND serial = ''; END; INSERT {half}",
        ),
        BALANCE,
    ),
    lite(
        "a trigger left in the file, for the next command",
        Program,
        Sql("CREATE TRIGGER ride AFTER INSERT ON event BEGIN UPDATE stock SET quantity = 1; END"),
        Found("guard", "trigger ride of the database was not made by bincard"),
    ),
    lite("drop a guard", Program, Sql("DROP TRIGGER stock_no_update"), Found("guard", "the trigger stock_no_update is gone")),
    lite(
        "drop a guard, edit, and make the guard again",
        Tamperer,
        GuardsOff("UPDATE stock SET quantity = quantity + 1000 WHERE party = 'PUNE' AND serial = ''"),
        BALANCE,
    ),
    lite(
        "put a guard in place that lets everything pass",
        Program,
        Sql("DROP TRIGGER stock_no_update; CREATE TRIGGER stock_no_update BEFORE UPDATE ON stock BEGIN SELECT 1; END"),
        Found("guard", "the trigger stock_no_update of the database is not the one that bincard made"),
    ),
    lite(
        "edit the schema as text (`writable_schema`)",
        Program,
        Sql("PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = 'move_posts'"),
        Found("guard", "the trigger move_posts is gone"),
    ),
    lite(
        "put a table in place of another",
        Program,
        Sql(
            "PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON; CREATE TABLE other AS SELECT * FROM stock; DROP TABLE stock; ALTER TABLE other RENAME TO stock",
        ),
        Found("guard", "is gone from the database"),
    ),
    lite("drop the index that keeps a serial number in one place", Program, Sql("DROP INDEX stock_unit"), Found("guard", "the index stock_unit is gone")),
    lite(
        "add an index that makes commits fail",
        Program,
        Sql("CREATE UNIQUE INDEX mine ON part (bu, part, class)"),
        Found("guard", "the index mine of the database was not made by bincard"),
    ),
    lite("edit the bytes of the file", Program, Bytes("4500010001", "4500010009"), Found("chain", "is not what was written")),
];

/// What only PostgreSQL has.
pub const SERVER: &[Attack] = &[
    server("become the owner", Service, Sql("SET ROLE {schema}_owner"), DENIED),
    server("grant oneself rights", Service, Sql("GRANT ALL ON stock TO PUBLIC; UPDATE stock SET quantity = 1"), DENIED),
    server("switch triggers off for the session as the service", Service, Sql("SET session_replication_role = replica"), DENIED),
    server("switch a guard off as the service", Service, Sql("ALTER TABLE stock DISABLE TRIGGER stock_guard"), Refused("must be owner")),
    server("write a procedure of one's own as the service", Service, Sql("CREATE FUNCTION {schema}.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'"), DENIED),
    server("call the inner procedure that writes several decisions", Service, Sql("SELECT commit_all('ac', '[]')"), DENIED),
    server("call the inner procedure that posts moves", Service, Sql("SELECT commit_stock('ac', '{}')"), DENIED),
    server("call the inner procedure for all else", Service, Sql("SELECT commit_rest('ac', '{}')"), DENIED),
    server(
        "tables of one's own in front of the real ones",
        Service,
        Sql("CREATE TEMP TABLE stock (quantity bigint); SELECT commit('ac', '{\"doc\":\"D1\",\"opens\":false,\"revision\":2}')"),
        Refused("load it and decide again"),
    ),
    server(
        "switch triggers off for the session as a superuser",
        Superuser,
        Sql("SET session_replication_role = replica; UPDATE stock SET quantity = 1"),
        STOCK,
    ),
    server(
        "a statement that contains the name of the procedure",
        Superuser,
        Sql("DO $$ BEGIN EXECUTE 'UPDATE stock SET quantity = 99000 /*\nPL/pgSQL function {schema}.commit(text,jsonb) line 1 at SQL statement\n*/'; END $$"),
        STOCK,
    ),
    server(
        "a statement that ends with the name of the procedure",
        Superuser,
        Sql(
            "DO $$ BEGIN EXECUTE 'UPDATE stock SET quantity = 99000 WHERE bu <> ''\nPL/pgSQL function {schema}.commit(text,jsonb) line 1 at SQL statement'''; END $$",
        ),
        STOCK,
    ),
    server(
        "an argument that contains the frame, told again by the server",
        Owner,
        Told(
            "UPDATE {schema}.stock SET quantity = 99000 WHERE bu <> $1",
            "x\nPL/pgSQL function {schema}.move_posts() line 1 at SQL statement\nPL/pgSQL function {schema}.commit(text,jsonb) line 1 at SQL statement",
        ),
        STOCK,
    ),
    server(
        "a procedure of the same name in another schema",
        Superuser,
        Sql(
            "CREATE SCHEMA evil_{schema}; CREATE FUNCTION evil_{schema}.commit(a text, b jsonb) RETURNS text LANGUAGE plpgsql AS $$ BEGIN UPDATE stock SET quantity = 1; RETURN ''; END $$; SELECT evil_{schema}.commit('', '{}')",
        ),
        STOCK,
    ),
    server(
        "a procedure of the same name with other arguments",
        Owner,
        Sql(
            "CREATE FUNCTION {schema}.commit(a text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN UPDATE {schema}.stock SET quantity = 1; RETURN ''; END $$; SELECT {schema}.commit('')",
        ),
        STOCK,
    ),
    server(
        "a procedure whose name contains the frame",
        Superuser,
        Sql(
            "CREATE SCHEMA evil_{schema}; CREATE FUNCTION evil_{schema}.\"a\nPL/pgSQL function {schema}.commit(text,jsonb) line 1 at SQL statement\"() RETURNS text LANGUAGE plpgsql AS $$ BEGIN UPDATE stock SET quantity = 1; RETURN ''; END $$; SELECT evil_{schema}.\"a\nPL/pgSQL function {schema}.commit(text,jsonb) line 1 at SQL statement\"()",
        ),
        STOCK,
    ),
    server(
        "a procedure whose name contains the frame in another language",
        Superuser,
        Sql(
            "CREATE SCHEMA evil_{schema}; CREATE FUNCTION evil_{schema}.\"a\nfonction {schema}.commit(text,jsonb) ligne 1\"() RETURNS text LANGUAGE plpgsql AS $$ BEGIN UPDATE stock SET quantity = 1; RETURN ''; END $$; SELECT evil_{schema}.\"a\nfonction {schema}.commit(text,jsonb) ligne 1\"()",
        ),
        STOCK,
    ),
    server(
        "functions and operators of one's own before those of the server",
        Superuser,
        Sql(
            "CREATE SCHEMA evil_{schema}; CREATE FUNCTION evil_{schema}.starts_with(a text, b text) RETURNS boolean LANGUAGE sql AS 'SELECT true'; CREATE FUNCTION evil_{schema}.texts(a text, b text) RETURNS boolean LANGUAGE sql AS 'SELECT true'; CREATE FUNCTION evil_{schema}.numbers(a int, b int) RETURNS boolean LANGUAGE sql AS 'SELECT true'; CREATE OPERATOR evil_{schema}.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil_{schema}.texts); CREATE OPERATOR evil_{schema}.<> (LEFTARG = text, RIGHTARG = text, FUNCTION = evil_{schema}.texts); CREATE OPERATOR evil_{schema}.= (LEFTARG = int, RIGHTARG = int, FUNCTION = evil_{schema}.numbers); SET search_path = evil_{schema}, pg_catalog; UPDATE {schema}.stock SET quantity = 1",
        ),
        STOCK,
    ),
    server(
        "update through a view of the owner",
        Owner,
        Sql("CREATE VIEW {schema}.mine AS SELECT * FROM {schema}.stock; UPDATE {schema}.mine SET quantity = 1"),
        STOCK,
    ),
    server(
        "update by the cascade of a foreign key",
        Owner,
        Sql(
            "CREATE TABLE {schema}.mine (bu text PRIMARY KEY); INSERT INTO {schema}.mine VALUES ('ac'); ALTER TABLE {schema}.stock ADD FOREIGN KEY (bu) REFERENCES {schema}.mine ON UPDATE CASCADE; UPDATE {schema}.mine SET bu = 'xx'",
        ),
        STOCK,
    ),
    server(
        "switch a guard off and leave it off",
        Owner,
        Sql("ALTER TABLE {schema}.stock DISABLE TRIGGER stock_guard"),
        Found("guard", "the trigger stock_guard of the database is not the one that bincard made"),
    ),
    server(
        "switch a guard off, edit, and switch it on",
        Owner,
        Sql(
            "ALTER TABLE {schema}.stock DISABLE TRIGGER stock_guard; UPDATE {schema}.stock SET quantity = quantity + 1000 WHERE party = 'PUNE' AND serial = ''; ALTER TABLE {schema}.stock ENABLE ALWAYS TRIGGER stock_guard",
        ),
        BALANCE,
    ),
    server(
        "switch a guard off in the catalogue, edit, and switch it on",
        Superuser,
        Sql(
            "UPDATE pg_trigger SET tgenabled = 'D' WHERE tgrelid = '{schema}.stock'::regclass AND tgname = 'stock_guard'; ALTER TABLE {schema}.stock SET (fillfactor = 99); UPDATE {schema}.stock SET quantity = quantity + 1000 WHERE party = 'PUNE' AND serial = ''; UPDATE pg_trigger SET tgenabled = 'A' WHERE tgrelid = '{schema}.stock'::regclass AND tgname = 'stock_guard'",
        ),
        BALANCE,
    ),
    server("drop a guard", Owner, Sql("DROP TRIGGER stock_guard ON {schema}.stock"), Found("guard", "the trigger stock_guard is gone")),
    server(
        "write the guard anew",
        Owner,
        Sql("CREATE OR REPLACE FUNCTION {schema}.guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$"),
        Found("guard", "the procedure guard of the database is not the one that bincard made"),
    ),
    server(
        "let the commit procedure do more",
        Owner,
        Sql("CREATE FUNCTION {schema}.more() RETURNS void LANGUAGE plpgsql AS $$ BEGIN NULL; END $$"),
        Found("guard", "the procedure more of the database was not made by bincard"),
    ),
    server(
        "a trigger of one's own",
        Owner,
        Sql("CREATE TRIGGER mine BEFORE INSERT ON {schema}.event FOR EACH ROW EXECUTE FUNCTION {schema}.guard('x', 'y')"),
        Found("guard", "the trigger mine of the database was not made by bincard"),
    ),
    server(
        "a rule that writes along with a commit",
        Owner,
        Sql("CREATE RULE mine AS ON INSERT TO {schema}.event DO ALSO DELETE FROM {schema}.outbox"),
        Found("guard", "the rule mine of the database was not made by bincard"),
    ),
    server(
        "rows in a table that inherits from stock",
        Owner,
        Sql("CREATE TABLE {schema}.mine () INHERITS ({schema}.stock); INSERT INTO {schema}.mine SELECT * FROM ONLY {schema}.stock WHERE party = 'PUNE'"),
        BALANCE,
    ),
    server(
        "change quantities by changing the column",
        Owner,
        Sql("ALTER TABLE {schema}.stock ALTER COLUMN quantity TYPE bigint USING quantity + CASE serial WHEN '' THEN 1000 ELSE 0 END"),
        BALANCE,
    ),
    server(
        "hide rows by a policy",
        Owner,
        Sql("ALTER TABLE {schema}.stock ENABLE ROW LEVEL SECURITY"),
        Found("guard", "the row security of stock of the database was not made by bincard"),
    ),
    server(
        "drop a check",
        Owner,
        Sql("ALTER TABLE {schema}.stock DROP CONSTRAINT \"bincard: stock is not below zero; fire a transition\""),
        Found("guard", "the constraint stock bincard: stock is not below zero; fire a transition is gone"),
    ),
    server(
        "drop the index that keeps a serial number in one place",
        Owner,
        Sql("DROP INDEX {schema}.stock_unit"),
        Found("guard", "the index stock_unit is gone from the database"),
    ),
    server(
        "add an index that makes commits fail",
        Owner,
        Sql("CREATE UNIQUE INDEX mine ON {schema}.part (bu, part, class)"),
        Found("guard", "the index mine of the database was not made by bincard"),
    ),
    server(
        "call procedures as whoever calls",
        Owner,
        Sql("ALTER FUNCTION {schema}.commit(text, jsonb) RESET search_path"),
        Found("guard", "the way of calling commit of the database is not the one that bincard made"),
    ),
    server(
        "let everybody call",
        Owner,
        Sql("GRANT EXECUTE ON FUNCTION {schema}.commit(text, jsonb) TO PUBLIC"),
        Found("guard", "the right of everybody to call commit"),
    ),
    server(
        "let somebody write one column",
        Owner,
        Sql("GRANT UPDATE (quantity) ON {schema}.stock TO PUBLIC"),
        Found("guard", "the right of everybody to update columns of stock"),
    ),
    server("let everybody write", Owner, Sql("GRANT ALL ON ALL TABLES IN SCHEMA {schema} TO PUBLIC"), Found("guard", "the right of everybody to")),
];

/// The commit procedure, called with what nobody decided. Both databases take it from anybody who may call it at all.
pub const FORGED: &[Attack] = &[
    forged("a decision on an old revision", |d| d.document.revision -= 1, AGAIN),
    forged("skip a revision", |d| d.document.revision += 1, AGAIN),
    forged("open a document that is there", forged::opens_again, AGAIN),
    forged("leave out what came before", |d| d.chain = String::new(), AGAIN),
    forged("go on from a state in which the document is not", |d| d.event.from = Some("approved".into()), AGAIN),
    forged("say one state and enter another", |d| d.document.state = "closed".into(), AGAIN),
    forged("an event of another workflow", |d| d.document.workflow = "shipment".into(), AGAIN),
    forged("use a key again", |d| d.event.key = "D1-1".into(), Refused("the key was used before")),
    forged("take more than there is", |d| d.moves = vec![forged::moved("PCB#1", 99, "PUNE.available", "MUM.available")], AGAIN),
    forged("take from where nothing is", |d| d.moves = vec![forged::moved("PCB#1", 1, "MUM.available", "PUNE.available")], AGAIN),
    forged("move the same units twice", |d| d.moves = vec![forged::moved("PCB#1", 8, "PUNE.available", "MUM.available"); 2], AGAIN),
    forged(
        "move less than nothing",
        |d| d.moves = vec![forged::moved("PCB#1", -5, "PUNE.available", "MUM.available")],
        Refused("bincard: a move moves something; fire a transition"),
    ),
    forged(
        "move nothing",
        |d| d.moves = vec![forged::moved("PCB#1", 0, "PUNE.available", "MUM.available")],
        Refused("bincard: a move moves something; fire a transition"),
    ),
    forged("a serial number in two places", |d| d.moves = vec![forged::unit("S1", "supplier", "MUM.available")], AGAIN),
    forged("a serial number from where it is not", |d| d.moves = vec![forged::unit("S1", "MUM.available", "PUNE.available")], AGAIN),
    forged("two units of one serial number", forged::two_of_one, AGAIN),
    forged(
        "take what is held for another document",
        |d| d.moves = vec![forged::moved("FAN#1", 2, "PUNE.reserved for D2/1", "PUNE.available")],
        Refused("units that are held for another document are not taken, nor put"),
    ),
    forged(
        "put units into the hands of another document",
        |d| d.moves = vec![forged::moved("PCB#1", 1, "PUNE.available", "PUNE.reserved for D2/1")],
        Refused("units that are held for another document are not taken, nor put"),
    ),
    forged("pretend to have been started by another document", forged::false_child, Refused("units that are held for another document are not taken, nor put")),
    forged("receive a lot twice", |d| d.lots = vec![forged::lot("PCB#1", "D1")], AGAIN),
    forged("move a lot that was never received", |d| d.moves = vec![forged::moved("PCB#77", 1, "supplier", "PUNE.available")], Refused("")),
    forged("make one part of the lot of another", forged::other_part, Found("lot", "is of part PCB")),
    forged("settle more than is owed", forged::settles_too_much, AGAIN),
    forged("owe what is owed already", |d| d.owed = vec![forged::owed("O1")], AGAIN),
    forged("owe less than was handed out", forged::owes_in_secret, Found("obligation", "obligation O9 of document D1")),
    forged("claim what another document holds", forged::claims, Refused("is held by document D1")),
    forged("close a paper of another document", |d| d.papers_closed = vec!["DC/26-27/00009".into()], AGAIN),
    forged("write into a period that is closed", |d| d.event.effective_at = forged::closed(), CLOSED),
    forged("close the books of days to come", |d| d.books_closed = Some(forged::days_to_come()), CLOSED),
    forged("close the books again, for an earlier day", |d| d.books_closed = Some(forged::closed()), CLOSED),
    forged("a paper outside of its series", forged::paper_outside, Found("series", "is not written as its series")),
    forged("do what a timer was to do that is gone", |d| d.fired_timer = Some(forged::fired("D1", "9.9")), AGAIN),
    forged("make another document's timer void", |d| d.fired_timer = Some(forged::fired("D2", "1.1")), AGAIN),
    forged("a timer twice", |d| d.timers = vec![forged::timer(), forged::timer()], Refused("")),
    body(
        "promise less than nothing",
        r#"{"lines":[{"line":1,"part":"PCB","vals":"{}","inbound_party":"PUNE","inbound_part":"PCB","inbound_pool":"","inbound_quantity":-5000}]}"#,
        Refused("bincard: a promise is not below zero; fire a transition"),
    ),
    forged("set the clock back", |d| d.event.recorded_at = forged::long_ago(), Found("clock", "before the event that it follows")),
    body("a hash that is not that of the event", "{}", Found("chain", "is not what was written")),
    body(
        "a document that says other than its event",
        r#"{"document":{"fields":"{\"purpose\":{\"name\":\"other\"}}"}}"#,
        Found("content", "does not say what its last event wrote"),
    ),
    body("fields that nobody can read", r#"{"document":{"fields":"x"}}"#, Found("unreadable", "document D1 cannot be read")),
    body(
        "a move with one end",
        r#"{"moves":[{"ordinal":1,"line":1,"part":"PCB","lot":"PCB#1","serial":"","quantity":1000,"rate":1,"from_party":"PUNE","from_bin":"available","from_doc":"","from_line":0,"from_condition":"ok","from_owner":"company","from_pool":"main"}]}"#,
        Refused(""),
    ),
    body("a body without an event", r#"{"event":null}"#, Refused("")),
    body("a body that opens and goes on at once", r#"{"opens":true}"#, Refused("")),
    body(
        "the number of another document again",
        r#"{"revision":1,"doc":"D9","opens":true,"document":{"parent":""},"event":{"from_state":"","previous":""},"lines":[],"number":{"series":"ship_to_store||STS/26-27/|","prefix":"STS/26-27/","width":5,"suffix":"","ordinal":0,"count":0},"series":[{"series":"ship_to_store||STS/26-27/|","count":0}]}"#,
        Found("series", "which another one has"),
    ),
    body(
        "the number of a paper again",
        r#"{"papers":[{"kind":"dc","series":"dc||DC/26-27/|","prefix":"DC/26-27/","width":5,"suffix":"","ordinal":0,"count":0,"from_party":"WH","to_party":"MUM","reverses":null,"open":0}],"series":[{"series":"dc||DC/26-27/|","count":0}]}"#,
        Refused(""),
    ),
];

/// What a superuser, or a program on the file, writes with the guards off. They stand as before when anybody looks.
pub const BEHIND: &[Attack] = &[
    off(
        "exchange the numbers of two papers",
        "UPDATE paper SET number = 'x' WHERE ordinal = 1; UPDATE paper SET number = 'DC/26-27/00001' WHERE ordinal = 2; \
         UPDATE paper SET number = 'DC/26-27/00002' WHERE ordinal = 1",
        "paper",
        "DC/26-27/00001 and DC/26-27/00002 have each other's numbers",
    ),
    off("date a paper back", "UPDATE paper SET issued_at = 1 WHERE ordinal = 1", "paper", "DC/26-27/00001 says that it was issued at"),
    off(
        "raise a balance",
        "UPDATE stock SET quantity = quantity + 1000 WHERE party = 'PUNE' AND lot = 'PCB#1' AND doc = ''",
        "balance",
        "part PCB, lot PCB#1 at PUNE, bin available, ok company main holds 9, its moves add up to 8",
    ),
    off("lower a balance", "DELETE FROM stock WHERE party = 'PUNE' AND lot = 'PCB#1' AND doc = ''", "balance", "holds 0, its moves add up to 8"),
    off("move a balance to another party", "UPDATE stock SET party = 'MUM' WHERE party = 'PUNE' AND lot = 'PCB#1'", "balance", "its moves add up to"),
    off(
        "raise a balance with a move that matches",
        "UPDATE stock SET quantity = quantity + 1000 WHERE lot = 'PCB#1' AND party = 'PUNE' AND doc = ''; UPDATE stock SET quantity = quantity - 1000 WHERE lot = 'PCB#1' AND party = ''; UPDATE move SET quantity = quantity + 1000 WHERE doc = 'D1' AND revision = 1",
        "chain",
        "revision 1 of document D1 is not what was written",
    ),
    off("a move that no event made", "UPDATE move SET revision = 9 WHERE doc = 'D2'", "orphan", "a move says that revision 9 of document D2 wrote it"),
    off(
        "edit who did it",
        "UPDATE event SET actor = 'mallory' WHERE doc = 'D1' AND revision = 2",
        "chain",
        "revision 2 of document D1 is not what was written",
    ),
    off(
        "edit when it happened",
        "UPDATE event SET effective_at = effective_at + 1 WHERE doc = 'D1' AND revision = 2",
        "chain",
        "revision 2 of document D1 is not what was written",
    ),
    off("edit a hash", "UPDATE event SET hash = 'beef' WHERE doc = 'D1' AND revision = 2", "chain", "revision 2 of document D1 is not what was written"),
    off(
        "forget the last event",
        "DELETE FROM move WHERE revision = 2; DELETE FROM event WHERE doc = 'D1' AND revision = 2",
        "revision",
        "document D1 has a revision without an event",
    ),
    off("forget a document", "DELETE FROM document WHERE doc = 'D2'", "document", "document D2 is gone, its events are there"),
    off(
        "put a document into another state",
        "UPDATE document SET state = 'closed' WHERE doc = 'D1'",
        "state",
        "document D1 has the state closed, its events say open",
    ),
    off("edit a field", "UPDATE document SET fields = '{}' WHERE doc = 'D1'", "content", "document D1 does not say what its last event wrote"),
    off("edit a line", "UPDATE document_line SET vals = '{}' WHERE doc = 'D1'", "content", "document D1 does not say what its last event wrote"),
    off(
        "edit what a line promises",
        "UPDATE document_line SET inbound_party = 'MUM', inbound_part = 'PCB', inbound_quantity = 5000 WHERE doc = 'D1'",
        "content",
        "document D1 does not say what its last event wrote",
    ),
    off("edit who opened it", "UPDATE document SET opened_by = 'mallory' WHERE doc = 'D1'", "opened", "document D1 has been opened by mallory"),
    off("edit what started it", "UPDATE document SET parent = 'D2' WHERE doc = 'D1'", "content", "document D1 does not say what its last event wrote"),
    off(
        "edit the number of a document",
        "UPDATE document SET number = 'STS/26-27/00009' WHERE doc = 'D1'",
        "series",
        "document D1 has the number STS/26-27/00009, which was never given",
    ),
    off(
        "exchange the numbers of two documents",
        "UPDATE document SET number = CASE doc WHEN 'D1' THEN 'STS/26-27/00002' ELSE 'STS/26-27/00001' END WHERE doc IN ('D1', 'D2')",
        "content",
        "document D1 does not say what its last event wrote",
    ),
    off("edit the number of a paper", "UPDATE paper SET number = 'DC/26-27/00009' WHERE ordinal = 1", "series", "paper DC/26-27/00009 was never given"),
    off("edit the consignee of a paper", "UPDATE paper SET to_party = 'MUM' WHERE ordinal = 1", "chain", "revision 1 of document D1 is not what was written"),
    off("open a paper again", "UPDATE paper SET open = 1 WHERE ordinal = 1", "paper", "only reverse papers can be"),
    off("set back a series", "UPDATE series SET last = 0", "series", "was never given"),
    off(
        "edit the SAP reference of a lot",
        "UPDATE lot SET so = '4500099999' WHERE lot = 'PCB#1'",
        "chain",
        "revision 1 of document D1 is not what was written",
    ),
    off("edit the rate of a lot", "UPDATE lot SET rate = 1 WHERE lot = 'PCB#1'", "chain", "revision 1 of document D1 is not what was written"),
    off("forgive a debt", "UPDATE obligation SET open = 0", "obligation", "obligation O1 of document D1 has 0 open"),
    off("give a debt to another", "UPDATE obligation SET debtor = 'MUM'", "chain", "revision 1 of document D1 is not what was written"),
    off("forget what was settled", "DELETE FROM obligation_change", "chain", "revision 1 of document D1 is not what was written"),
    off("open the books again", "DELETE FROM closing", "chain", "revision 1 of document D1 is not what was written"),
    off("open a day of the books again", "UPDATE closing SET until = until - 86400000000", "chain", "revision 1 of document D1 is not what was written"),
    off(
        "close the books in another's name",
        "INSERT INTO closing SELECT bu, recorded_at, doc, revision FROM event WHERE doc = 'D2' AND revision = 1",
        "chain",
        "revision 1 of document D2 is not what was written",
    ),
    off(
        "a closing of the books that no event wrote",
        "UPDATE closing SET doc = 'D9'",
        "orphan",
        "a closing of the books says that revision 1 of document D9 wrote it",
    ),
    off(
        "hide a document from those who look for a part",
        "DELETE FROM mention WHERE doc = 'D1' AND kind = 'part'",
        "mention",
        "document D1 names the part PCB, and is not found by it",
    ),
];

/// Every attack.
pub fn all() -> impl Iterator<Item = (&'static str, &'static Attack)> {
    let part = |title, attacks: &'static [Attack]| attacks.iter().map(move |a| (title, a));
    part("Statements on the tables", DIRECT)
        .chain(part("What only SQLite has", FILE))
        .chain(part("What only PostgreSQL has", SERVER))
        .chain(part("Decisions that nobody decided", FORGED))
        .chain(part("With the guards off, and on again", BEHIND))
}

/// A statement with what it stands for.
pub fn written(sql: &str, schema: &str) -> String {
    sql.replace("{half}", HALF_A_COMMAND).replace("{schema}", schema)
}

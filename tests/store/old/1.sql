-- What a database of version 1 looked like. Never to be changed.
CREATE TABLE counter (id INTEGER PRIMARY KEY CHECK (id = 1), change INTEGER NOT NULL, exchange INTEGER NOT NULL, run INTEGER NOT NULL, writer INTEGER NOT NULL);
INSERT INTO counter VALUES (1, 0, 0, 0, 0);
CREATE TABLE writer (id INTEGER PRIMARY KEY, name TEXT NOT NULL, pid INTEGER NOT NULL, started_ns INTEGER NOT NULL);
CREATE TABLE run (id INTEGER PRIMARY KEY, writer INTEGER NOT NULL, name TEXT, argv BLOB, cwd TEXT, origin TEXT, trace TEXT, session TEXT, user TEXT, pid INTEGER NOT NULL, started_ns INTEGER NOT NULL, ended_ns INTEGER NOT NULL, exit_status INTEGER NOT NULL, term_signal INTEGER NOT NULL, error TEXT, exchanges INTEGER NOT NULL DEFAULT 0);
CREATE INDEX run_open ON run (writer) WHERE writer <> 0;
CREATE TABLE console (run_id INTEGER NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (run_id, offset));
CREATE TABLE exchange (id INTEGER PRIMARY KEY, change INTEGER NOT NULL, writer INTEGER NOT NULL, run_id INTEGER NOT NULL, connection INTEGER NOT NULL, started_ns INTEGER NOT NULL, route INTEGER NOT NULL, method TEXT, scheme TEXT, host TEXT, port INTEGER NOT NULL, target TEXT, http_version TEXT, upstream TEXT, status INTEGER NOT NULL, reason TEXT, request_length INTEGER NOT NULL, response_length INTEGER NOT NULL, resolved_ns INTEGER, connected_ns INTEGER, secured_ns INTEGER, request_sent_ns INTEGER, response_head_ns INTEGER, first_byte_ns INTEGER, ended_ns INTEGER, reused INTEGER NOT NULL, outcome INTEGER NOT NULL, ended_by INTEGER NOT NULL, error_code TEXT, error TEXT, gaps INTEGER NOT NULL, pinned INTEGER NOT NULL DEFAULT 0, provider TEXT, operation TEXT, model TEXT, requested_model TEXT, stop_reason TEXT, message_id TEXT, request_id TEXT, error_type TEXT, error_message TEXT, title TEXT, service_tier TEXT, speed TEXT, inference_geo TEXT, streamed INTEGER, complete INTEGER, input_tokens INTEGER, output_tokens INTEGER, cache_read_tokens INTEGER, cache_write_tokens INTEGER, cache_write_5m_tokens INTEGER, cache_write_1h_tokens INTEGER, thinking_tokens INTEGER, web_searches INTEGER, web_fetches INTEGER, output_estimate INTEGER, first_token_ns INTEGER, message_count INTEGER, tool_use_count INTEGER);
CREATE INDEX exchange_started ON exchange (started_ns);
CREATE INDEX exchange_run ON exchange (run_id, started_ns) WHERE run_id <> 0;
CREATE INDEX exchange_change ON exchange (change);
CREATE INDEX exchange_open ON exchange (writer) WHERE writer <> 0;
CREATE TABLE detail (id INTEGER PRIMARY KEY, request_headers BLOB, response_headers BLOB, request_body BLOB, response_body BLOB, request_arrivals BLOB, response_arrivals BLOB);
CREATE TABLE part (id INTEGER PRIMARY KEY, hash BLOB NOT NULL, length INTEGER NOT NULL, data BLOB NOT NULL);
CREATE UNIQUE INDEX part_hash ON part (hash);
CREATE TABLE pending (exchange_id INTEGER NOT NULL, kind INTEGER NOT NULL, offset INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (exchange_id, kind, offset));
INSERT INTO run VALUES (1,0,'old run',X'707974686f6e3300',NULL,'cli',NULL,NULL,NULL,5,1000,2000,0,0,NULL,1);
INSERT INTO exchange (id,change,writer,run_id,connection,started_ns,route,method,scheme,host,port,target,status,request_length,response_length,reused,outcome,ended_by,gaps,provider,model) VALUES (1,1,0,1,1,1500,0,'POST','https','api.anthropic.com',443,'/v1/messages',200,5,70,0,1,2,0,'anthropic','claude-old');
INSERT INTO part VALUES (1,X'000102030405060708090a0b0c0d0e0f',70,X'00'||zeroblob(0)||CAST('0123456789012345678901234567890123456789012345678901234567890123456789' AS BLOB));
INSERT INTO detail VALUES (1,X'00'||CAST('Host: api.anthropic.com
' AS BLOB),NULL,X'000A68656C6C6F',X'0001',NULL,NULL);
UPDATE counter SET change = 1, exchange = 1, run = 1;
PRAGMA application_id = 1333151858;
PRAGMA user_version = 1;

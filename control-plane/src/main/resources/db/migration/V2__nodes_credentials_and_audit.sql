create table node (
  id varchar(253) primary key,
  labels text not null,
  credential_hash varchar(64) not null unique,
  joined_at timestamp with time zone not null,
  last_seen timestamp with time zone,
  agent_version varchar(64) not null,
  kernel_release varchar(128) not null,
  applied_revision bigint not null,
  applied_digest varchar(64) not null,
  applied_at timestamp with time zone,
  -- JSON: what the node refused last; null when it refused nothing since its last ack.
  rejection text
);

create table account (
  username varchar(64) primary key,
  password_hash varchar(256) not null,
  role varchar(16) not null,
  created_at timestamp with time zone not null,
  changed_at timestamp with time zone not null
);

-- Browser sessions and API tokens: only hashes, so that the database opens no door.
create table session (
  hash varchar(64) primary key,
  username varchar(64) not null references account (username),
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone not null
);

create table api_token (
  id varchar(36) primary key,
  name varchar(128) not null,
  role varchar(16) not null,
  hash varchar(64) not null unique,
  created_by varchar(256) not null,
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone,
  last_used_at timestamp with time zone,
  revoked_at timestamp with time zone
);

create table join_token (
  id varchar(36) primary key,
  name varchar(128) not null,
  hash varchar(64) not null unique,
  created_by varchar(256) not null,
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone,
  max_uses integer,
  uses integer not null,
  revoked_at timestamp with time zone
);

create table audit (
  id bigint generated always as identity primary key,
  recorded_at timestamp with time zone not null,
  actor varchar(256) not null,
  action varchar(64) not null,
  target varchar(300) not null,
  outcome varchar(16) not null,
  detail varchar(1000) not null,
  remote varchar(64) not null
);
create index audit_actor on audit (actor);

-- Written for H2 and PostgreSQL alike.

-- Numbers are taken under a row lock that is held until commit, so they become visible in order.
create table counter (
  name varchar(64) primary key,
  last_number bigint not null
);
insert into counter (name, last_number) values ('revision', 0);

create table revision (
  number bigint primary key,
  digest varchar(64) not null,
  author varchar(256) not null,
  message varchar(1000) not null,
  committed_at timestamp with time zone not null
);

-- SHA-256 of no bytes: the digest of the empty set.
insert into revision (number, digest, author, message, committed_at)
values (0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'shunt', 'Empty policy set', current_timestamp);

-- A row holds in the revisions since_revision <= n < until_revision. 9223372036854775807 means "still holds";
-- a number rather than null, so that the unique constraint allows one such row per policy.
create table policy_version (
  name varchar(63) not null,
  since_revision bigint not null references revision (number),
  until_revision bigint not null,
  generation bigint not null,
  created_at timestamp with time zone not null,
  changed_at timestamp with time zone not null,
  document text not null,
  primary key (name, since_revision),
  unique (name, until_revision)
);
create index policy_version_until on policy_version (until_revision);
create index policy_version_since on policy_version (since_revision);

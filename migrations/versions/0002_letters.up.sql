-- Letters: mail to an address that may belong to no account yet, with a link that works once.
-- The link is sealed under the clinic's key and erased as soon as nothing more happens to the row.
alter table notification
    add column address text,
    add column link_sealed bytea,
    add constraint notification_link_goes_to_an_address check (link_sealed is null or address is not null),
    add constraint notification_link_is_kept_only_until_sent check (link_sealed is null or due_at is not null);

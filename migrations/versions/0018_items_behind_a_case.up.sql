-- PS01 and PS02 stand for many signs: which of them was told is in the linkIds, as in findings. Deploy step: expand.
alter table escalation add column link_ids text[] not null default '{}';

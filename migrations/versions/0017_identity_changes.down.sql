drop table identity_change;
drop table account_name_change;

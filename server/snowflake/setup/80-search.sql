-- needs: enterprise
-- One reader's rows are asked for alone: erasure, a copy of own data, support. Without it each is a scan of everything.
ALTER TABLE RECORDS ADD SEARCH OPTIMIZATION ON EQUALITY(READER, ID);
ALTER TABLE EVENT_RECORDS ADD SEARCH OPTIMIZATION ON EQUALITY(READER);

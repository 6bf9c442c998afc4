-- needs: enterprise
-- Views below carry these from their first moment: a policy that is added later leaves a moment without one.
CREATE ROW ACCESS POLICY IF NOT EXISTS TENANT_ROWS AS (TENANT_OF_ROW NUMBER) RETURNS BOOLEAN ->
  IS_ROLE_IN_SESSION('{{loader}}') OR EXISTS (
    SELECT 1 FROM TENANT_ACCESS WHERE TENANT_ACCESS.TENANT = TENANT_OF_ROW AND IS_ROLE_IN_SESSION(TENANT_ACCESS.ROLE_NAME));
-- Words that no recogniser of names has looked at are for analysts alone.
CREATE MASKING POLICY IF NOT EXISTS READER_WORDS AS (WORDS VARCHAR, IS_CLEARED BOOLEAN) RETURNS VARCHAR ->
  CASE
    WHEN IS_ROLE_IN_SESSION('{{reader}}') THEN WORDS
    WHEN IS_ROLE_IN_SESSION('{{marketer}}') AND IS_CLEARED THEN WORDS
    WHEN WORDS IS NULL THEN NULL
    ELSE '[withheld]'
  END;
-- One reader stays one reader, and cannot be looked up elsewhere.
CREATE MASKING POLICY IF NOT EXISTS READER_NAME AS (NAME VARCHAR) RETURNS VARCHAR ->
  CASE WHEN IS_ROLE_IN_SESSION('{{loader}}') OR IS_ROLE_IN_SESSION('{{reader}}') THEN NAME ELSE SHA2(NAME) END;

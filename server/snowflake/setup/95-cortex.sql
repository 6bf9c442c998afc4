-- needs: cortex
-- An example, for a role that may use Cortex in this region (USE AI FUNCTIONS): what readers wrote, summed up by a model. Only
-- words that a recogniser of names has cleared, only of answers that count, and only of readers who agree to the purpose now.
{{view:CLEARED_WORDS TENANT CAMPAIGN QUESTION TEXT}}
SELECT C.TENANT, C.CAMPAIGN, V.VALUE:question::VARCHAR AS QUESTION, V.VALUE:text::VARCHAR AS "TEXT"
FROM COUNTING C, LATERAL FLATTEN(INPUT => C.ANSWER:values) V
WHERE V.VALUE:cleared::BOOLEAN AND V.VALUE:text IS NOT NULL AND ARRAY_CONTAINS('{{purpose}}'::VARIANT, C.PURPOSES);
CREATE OR REPLACE SECURE VIEW WORDS_IN_SHORT AS
SELECT TENANT, CAMPAIGN, QUESTION, COUNT(*) AS READERS,
  AI_SUMMARIZE_AGG("TEXT") AS SUMMARY
FROM CLEARED_WORDS GROUP BY TENANT, CAMPAIGN, QUESTION HAVING COUNT(*) >= {{floor}};

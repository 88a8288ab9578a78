-- Reads the tokens in the list @tokenIds: no row or one for each.
SELECT /* token columns */, period_rule AS Period, period_state AS PeriodState
FROM access_tokens
WHERE access_token IN @tokenIds

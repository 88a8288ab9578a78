-- Reads the tokens of the rows that stand in for the marker behind FROM, as far as they meet the conditions. The join is in this
-- order: it looks at these rows alone.
SELECT /* token columns */, period_rule AS RuleText, period_state AS StateText
FROM (/* rows */) AS candidates
CROSS JOIN access_tokens ON id = found
/* where */
/* order */
/* most */

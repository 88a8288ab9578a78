-- Reads a page of tokens in the order of their creation: up to @Limit after the first @Offset. The conditions that are
-- asked for (@TokenId, @WorkspaceId, @Email) stand in for the marker.
SELECT /* token columns */, period_rule AS RuleText, period_state AS StateText
FROM access_tokens
/* where */
ORDER BY id
LIMIT @Limit OFFSET @Offset

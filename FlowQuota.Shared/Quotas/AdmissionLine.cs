namespace FlowQuota.Quotas;

/// <summary>
/// Where the calls of one partition wait for their admission. A call that comes alone is sent at once; those that come
/// while others are under way are sent together, in their order, and one run of the script decides them all
/// (docs/decisions/0012).
/// </summary>
/// <param name="partition">The partition.</param>
/// <param name="script">Decides.</param>
internal sealed class AdmissionLine(int partition, AdmissionScript script)
{
    // Redis does nothing beside a script: with so many calls it runs for about a third of a millisecond.
    private const int MaxTogether = 64;

    private readonly Lock _gate = new();
    private readonly Queue<WaitingCall> _waiting = new();
    private bool _isSending;

    /// <summary>Puts a call in line; its task ends when it is decided, or fails as the client fails.</summary>
    public void Enter(WaitingCall call)
    {
        List<WaitingCall> together;
        lock (_gate)
        {
            // While Redis does not answer, those for whom nobody waits any more must not pile up.
            while (_waiting.TryPeek(out var oldest) && oldest.IsAbandoned)
                _waiting.Dequeue();
            _waiting.Enqueue(call);
            if (_isSending)
                return;
            together = Take();
            _isSending = together.Count > 0;
        }

        // Never fails: whatever happens is told to the calls, and each has a caller who awaits it.
        if (together.Count > 0)
            _ = SendAsync(together);
    }

    private async Task SendAsync(List<WaitingCall> calls)
    {
        var sent = script.RunAsync(partition, calls);
        while (true)
        {
            var reply = await sent.ConfigureAwait(false);
            var answered = calls;
            if (reply.IsScriptFailure && answered.Count > 1)
            {
                await SendOneByOneAsync(answered).ConfigureAwait(false);
                answered = [];
            }

            lock (_gate)
            {
                calls = Take();
                _isSending = calls.Count > 0;
            }

            // Redis has the next calls before these are told.
            if (calls.Count > 0)
                sent = script.RunAsync(partition, calls);
            script.Tell(partition, answered, reply);
            if (calls.Count == 0)
                return;
        }
    }

    // What the script stumbled over is one token's, and the others are to have their answers.
    private async Task SendOneByOneAsync(List<WaitingCall> calls)
    {
        foreach (var call in calls)
        {
            List<WaitingCall> alone = [call];
            script.Tell(partition, alone, await script.RunAsync(partition, alone).ConfigureAwait(false));
        }
    }

    private List<WaitingCall> Take()
    {
        var together = new List<WaitingCall>(Math.Min(_waiting.Count, MaxTogether));
        while (together.Count < MaxTogether && _waiting.TryDequeue(out var call))
        {
            if (call.TrySend())
                together.Add(call);
        }

        return together;
    }
}

namespace FlowQuota.SelfHost.Hosting;

/// <summary>A message that the pump handles.</summary>
/// <param name="Queue">The name of its queue.</param>
/// <param name="Text">Its content.</param>
/// <param name="Tries">How often it was delivered, this time included.</param>
/// <param name="Id">The storage service's id of it; empty in this process.</param>
/// <param name="Receipt">The storage service's proof that we hold the message; empty in this process.</param>
internal sealed record QueuedMessage(string Queue, string Text, long Tries, string Id = "", string Receipt = "");

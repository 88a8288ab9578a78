namespace FlowQuota.SelfHost.Hosting;

/// <summary>A message on its way through the pump.</summary>
/// <param name="Queue">Its queue.</param>
/// <param name="Text">What it says.</param>
/// <param name="Tries">How often it was handed out, this time included.</param>
/// <param name="Id">The storage service's name of it; empty in this process.</param>
/// <param name="Receipt">The storage service's proof that we hold it; empty in this process.</param>
internal sealed record QueuedMessage(string Queue, string Text, long Tries, string Id = "", string Receipt = "");

using FlowQuota.Sandbox;
using FlowQuota.Sandbox.Protocol;

// FlowQuota.Sandbox PARENT-PROCESS-ID [--limit=value ...]: serves runs from standard input until that ends.
try
{
    if (args.Length == 0 || !int.TryParse(args[0], out int parentId))
        throw new ArgumentException("The first argument must be the process id of the parent");
    return Worker.Serve(parentId, RunLimits.Parse(args.Skip(1)));
}
catch (Exception wrong) when (wrong is ArgumentException or FormatException or OverflowException)
{
    Console.Error.WriteLine($"FlowQuota.Sandbox: {wrong.Message}");
    return SandboxExitCodes.BadArguments;
}

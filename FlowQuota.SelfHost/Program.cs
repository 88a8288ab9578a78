using FlowQuota.Errors;
using FlowQuota.SelfHost.Hosting;

if (args is [HealthProbe.Argument, var url])
    return await HealthProbe.RunAsync(url);

SchedBatch.TryEnable();
try
{
    await using var app = SelfHostApp.Build(args);
    await app.RunAsync();
    return Environment.ExitCode;
}
catch (IOException e)
{
    await Console.Error.WriteLineAsync(e.Message.ReplaceLineEndings(" "));
    return 1;
}
catch (SettingException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}

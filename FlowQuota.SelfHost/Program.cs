using FlowQuota.SelfHost.Hosting;
using FlowQuota.Settings;

try
{
    await using var app = SelfHostApp.Build(args);
    await app.RunAsync();
    return 0;
}
catch (SettingException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}

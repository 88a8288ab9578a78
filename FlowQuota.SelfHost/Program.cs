using FlowQuota.SelfHost.Hosting;
using FlowQuota.Settings;

if (args is [HealthProbe.Argument, var url])
    return await HealthProbe.RunAsync(url);

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

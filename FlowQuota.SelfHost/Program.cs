using FlowQuota.SelfHost.Hosting;
using FlowQuota.SelfHost.Importing;
using FlowQuota.Settings;

if (args is [HealthProbe.Argument, var url])
    return await HealthProbe.RunAsync(url);
if (args is [LegacyImportCommand.Verb, .. var arguments])
    return await LegacyImportCommand.RunAsync(arguments);

BatchScheduling.Ask();
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

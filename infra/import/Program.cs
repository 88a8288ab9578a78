using FlowQuota.Import;

return await LegacyImportCommand.RunAsync(args);

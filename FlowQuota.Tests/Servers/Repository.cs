namespace FlowQuota.Tests.Servers;

/// <summary>The files of the repository that this build was made from.</summary>
internal static class Repository
{
    private static readonly string Root = Find();

    /// <summary>The full path of a file or folder.</summary>
    /// <param name="path">Relative to the top of the repository.</param>
    public static string PathOf(string path) => Path.Combine(Root, path);

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "FlowQuota.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException($"No FlowQuota.sln above {AppContext.BaseDirectory}.");
    }
}

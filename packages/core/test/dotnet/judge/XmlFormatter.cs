// XmlMessageFormatter of System.Messaging: the same serializer, stream and reader.
using System;
using System.Collections.Generic;
using System.IO;
using System.Xml;
using System.Xml.Serialization;

public static class XmlFormatter
{
    static readonly Dictionary<Type, XmlSerializer> serializers = new Dictionary<Type, XmlSerializer>();

    static XmlSerializer SerializerOf(Type type)
    {
        XmlSerializer serializer;
        if (!serializers.TryGetValue(type, out serializer)) serializers[type] = serializer = new XmlSerializer(type);
        return serializer;
    }

    public static byte[] Write(object value, Type type)
    {
        if (value == null) throw new ArgumentNullException("value");
        var stream = new MemoryStream();
        SerializerOf(type).Serialize(stream, value);
        return stream.ToArray();
    }

    public static object Read(Type type, byte[] body)
    {
        var reader = new XmlTextReader(new MemoryStream(body))
        {
            WhitespaceHandling = WhitespaceHandling.Significant,
            DtdProcessing = DtdProcessing.Prohibit
        };
        var serializer = SerializerOf(type);
        if (!serializer.CanDeserialize(reader)) throw new InvalidOperationException("Cannot deserialize: the root element is another");
        return serializer.Deserialize(reader);
    }
}
